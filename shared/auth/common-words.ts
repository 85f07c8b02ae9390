/**
 * The words behind the most common passwords. Collected by hand from what the yearly rankings of leaked passwords
 * (NordPass, SplashData, the NCSC's list of 2019) agree on, without the digits and signs that people add, and with
 * this service's own name, which NIST SP 800-63B-4 wants in it. Whatever is too short for a password is here for
 * what is made of it: `qwerty` for `qwerty123!`.
 */
export const commonWords: ReadonlySet<string> = new Set(
  `
  aaa abc abcd abcde abcdef abcdefg access admin administrator alexander alexis amanda america andrea andrew
  angel angela angels anthony apple april arsenal asd asdasd asdf asdfg asdfgh asdfghj asdfghjkl ashley august
  austin baby babygirl badboy bailey banana barcelona barney baseball basketball batman beautiful benjamin
  bigdaddy biteme blessed blink blondie boomer brandon brandy brooklyn bubbles buster butterfly carlos
  caroline changeme charles charlie charlotte cheese chelsea chester chicago chicken chocolate chris christian
  christine christmas claudia coffee computer cookie cool corvette courtney cowboy cowboys crystal daniel
  danielle david december default diamond dolphin dolphins donald dragon dreamer eagles edward elephant
  elizabeth eminem emulsion eric everton falcon family february ferrari fishing florida flower flowers
  football forever formula france freedom friday friend friends fuckme fuckoff fuckyou gabriel gangster
  garfield genesis george ginger giovanni goddess golden golfer google grandma green greenday guest guitar
  hannah happy harley heather hello hellokitty helloworld hockey hotmail hunter iamgod iceman ihateyou iloveme
  iloveu iloveyou independent instagram internet isabella jackson jaguar january jasmine jennifer jeremy
  jessica jesus jesuschrist jonathan jordan joseph joshua julian justin juventus katherine kawasaki killer
  kimberly kitty knight kristina lakers lauren lebron letmein liberty linkedin liverpool lollipop london
  louise love lovely loveme lover loveyou lucky maggie manchester manunited marina marine marlboro martin
  master matrix matthew maverick melanie melissa mercedes metallica mexico michael michelle midnight millwall
  minecraft monica monkey monster morgan mother motorola mustang myspace naruto nascar natalie natasha newyork
  nicholas nicole nintendo nothing november october oliver opensesame orange packers pakistan panther parola
  pass passord passport passwd password passwort patricia patrick peaches peanut pepper phoenix photo
  photographer photos pictures pokemon police porsche precious prince princess private purple qazwsx qqww qwe
  qweasd qweasdzxc qweqwe qwer qwert qwerty qwertyu qwertyui qwertyuiop qwertz rachel rainbow ranger rangers
  rebecca redsox richard robert rocky ronaldo root rosebud samantha samsung sandra saturday scooter scorpion
  sebastian secret senha september shadow shannon shopping silver skywalker slipknot smokey snoopy snowball
  soccer sophie spartan spiderman spring stanley starwars steelers stephanie steven strawberry student summer
  sunday sunflower sunshine superman superstar superuser sweetheart sweetie taylor tennis tequila test tester
  testing thomas thunder thursday tigers tigger tinkerbell toyota trustno trustnoi turtle twitter unknown user
  valentina vanessa veronica victoria viking vincent volleyball welcome westside whatever william willow
  winner winston winter wizard wolverine xbox yamaha yankees yellow zaq zxc zxcv zxcvb zxcvbn zxcvbnm
  `
    .trim()
    .split(/\s+/),
);
