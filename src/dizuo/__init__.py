"""dizuo"""
