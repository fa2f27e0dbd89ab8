"""English reports made up by hand. What must go stands in 〈kind|…〉; all else must stay."""

SENTENCES = """
My name is 〈name|John Smith〉 and the street lamp has been out for 3 weeks.
Call me on 〈phone|+44 7700 900123〉 about the pothole.
Mr 〈name|Jones〉 reports a blocked drain on Elm Street.
Mrs. 〈name|Mary O'Brien〉 lives at 〈door|Flat 3B〉, Willow Court.
Please e-mail 〈email|jane.doe@example.org〉 with the result.
My phone is 〈phone|(415) 555-0132〉, the sidewalk is broken.
Reach me at 〈phone|415-555-0199〉 after 5 pm.
The van with plate 〈plate|AB12 CDE〉 blocks the crossing.
License plate 〈plate|7ABC123〉 parked on the bike lane.
Passport number 〈passport|533380006〉 was left on bus 17.
Refund to IBAN 〈iban|GB82 WEST 1234 5698 7654 32〉 please.
My account is 〈iban|ES9121000418450200051332〉.
Card 〈bank_card|4111 1111 1111 1111〉 was charged twice for parking.
Charged on 〈bank_card|5200-0000-0000-0007〉 by mistake.
Dr 〈name|Patel〉 says the lift is broken.
Ms 〈name|Ana García〉, phone 〈phone|612 345 678〉, no water since Monday.
I am 〈name|Maria Lopez〉, a resident of Harbour View.
Contact 〈name|Peter Brown〉 for access to the gate.
Regards, 〈name|Susan Lee〉
Yours sincerely, 〈name|Tom Baker〉
Name: 〈name|Li Wei〉, tel: 〈phone|020 7946 0958〉.
My DNI is 〈identity_number|12345678Z〉 and I want to register.
NIE 〈identity_number|X1234567L〉 appointment not possible.
SSN 〈identity_number|123-45-6789〉 was printed on the letter.
WeChat ID: 〈wechat|li_wei88〉, I can send photos.
Add me on wechat 〈wechat|liwei2008〉 please.
Water leaks into 〈door|apartment 12〉 from above.
〈door|Apt. 4C〉, 25 Main Street: no heating.
〈door|Unit 7〉 has put rubbish in the hall.
Noise from 〈door|Suite 210〉 every night.
The tenant 〈name|George Miller〉 says the wiring sparks.
Reported by 〈name|Helen Clark〉 on 12 May 2024.
Miss 〈name|Taylor〉 fell on the steps at Central Station.
This is 〈name|David Wilson〉 calling about the bins.
Call 〈phone|555-0132〉 or write to 〈email|d.wilson+city@mail.example.com〉.
Mobile 〈phone|07700 900456〉, best in the evening.
Tel. 〈phone|928 123 456〉, the beach shower does not work.
My number is 〈phone|+1 212 555 0100〉.
Professor 〈name|Ian McDonald〉 asks for a crossing near the school.
Neighbour 〈name|Fiona Green〉 leaves bins out.
Ask for 〈name|Carlos de la Cruz〉 at the desk.
Passport 〈passport|E12345678〉 expired.
Citizen id 〈identity_number|440106199003071231〉 is wrong on the form.
My wife, Mrs 〈name|Nguyen〉, uses a wheelchair; phone 〈phone|0034 612 345 679〉.
Registration 〈plate|1234 BCD〉 is parked there for 4 months.
Mr 〈name|Kim〉's dog is never on a leash.
The landlord 〈name|Frank Moore〉 cut the power.
Write to 〈email|info.person@mail.co.uk〉 or ring 〈phone|+34 928 12 34 56〉.
Bus 303 was 40 minutes late on 12/05/2024.
There are 15 potholes on Elm Street between 12 and 30.
25 Main Street has no street number sign.
Case 202405120001234 has been open for 48 hours.
Call 311 or 112 in an emergency.
The Parks Department cut 12 trees in King Street.
I am very unhappy with the noise near Martin Luther King Street.
Contact Parks Department about the fallen tree.
A flat 20 euro fee is charged for 3 hours.
The flat tyre repair station in Mill Road is broken.
Room for improvement: bins are emptied once in 14 days.
Population 1 234 567, area 101.5 km2, budget 2,500,000 euros.
Asset 4401060103000122 is damaged.
The wechat payment does not work at the meter.
Postcode SW1A 1AA, junction of A40 and M25.
Line 2 and Line 11 are crowded from 7:30 to 9:15.
The water main DN300 burst at 0.35 MPa.
PM2.5 reached 135 in 2024.
Coordinates 28.123456, -15.436789 near Las Canteras.
Hospital Doctor Negrín has no bus stop at the entrance.
Resident Parking Permit costs 120 a year.
Block 3 has 12 floors and 96 dwellings.
Owner of the shop does not clear the snow.
I am New to the city and cannot find the library.
Unit prices rose by 12 percent.
The number 12 bus stops at platform 4.
Version 10.2.14 of the app crashes.
Dear Sir or Madam, the fountain in Plaza España is dry.
Contact the City Council on Monday.
Suite of benches needed in Victoria Park.
Name of the street is missing at Oak Avenue.
Measured 85.2 dB at 23:15 on 2024-05-12.
Reference number 2024-000123-45 was not answered.
Registration for the 2024 summer course is closed.
Doctor Fleming Street is dark at night.
Miss the old bus shelter, please bring it back.
Hello, 〈name|Robert King〉 here, 〈phone|07911 123456〉.
It's 〈name|Emma Stone〉 from Oak Avenue, the bin is full.
My neighbour Mr 〈name|Patel〉 parks on the grass.
I live at 14 High Street, 〈door|Flat 2〉, and have no water.
You can text 〈phone|+1-646-555-0175〉.
Email me: 〈email|k_lee@uni.ac.uk〉.
Dr. 〈name|Emily Watson〉 wants a ramp at the clinic.
Car 〈plate|LK19 XYZ〉 abandoned.
Bins on Baker Street not emptied since 3 June.
Pothole 30 cm deep at Mill Lane 45.
The flat roof of the school leaks.
Bus route 61 skipped 2 stops on 14-06-2024.
Meter 12345678 shows 00045.
Mr Price shop closes at 10.
The mayor promised 1,200 trees by 2025.
Doctor's surgery has no parking.
Hi, my name is 〈name|Olivia Martin〉 and I live near Victoria Park.
The lamp post number 4521 outside 17 Station Road has been off since 3 May.
Please call my husband 〈name|James Martin〉 on 〈phone|07700 900789〉.
〈name|Mohammed Ali〉, 〈phone|+44 20 7946 0111〉, wants bulky waste collected.
A grey BMW, reg 〈plate|FG68 HJK〉, is dumped on the verge.
The tenant in 〈door|flat 12A〉 plays loud music after 11 pm.
My e-mail is 〈email|sarah.connor84@gmail.com〉.
I have reported this 4 times, reference SR-20240512-77.
Council tax account 〈bank_card|4111111111111111〉 charged twice.
Graffiti on the wall of St Mary School, about 3 m2.
Mrs 〈name|Eleanor Rigby〉 would like a bench at stop 1234.
Traffic lights at Junction 12 stay red for 180 seconds.
Thank you, 〈name|Daniel Craig〉
Recycling was missed on 2, 9 and 16 June.
Ask our caretaker 〈name|Bill〉 for the key.
The playground at 5 Rose Gardens needs 2 new swings.
Good morning, I'm 〈name|Grace Hopper〉 from flat nine.
Could you ring Mrs 〈name|Turner〉 back on 〈phone|01632 960123〉?
The drain cover at 8 Queen Street rattles all night.
My son 〈name|Oliver〉 fell at the skate park on 4 June.
Vehicle reg no. 〈plate|BD51 SMR〉, parked on double yellow lines.
Account holder 〈name|Liam Neeson〉, IBAN 〈iban|DE89370400440532013000〉.
Street sweeping skipped Park Lane for 6 weeks.
Bus shelter at stop 490000254 has broken glass.
"""
