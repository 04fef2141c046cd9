/**
 * The most common passwords of at least 8 characters in public lists of leaked passwords, in lower case. NIST SP
 * 800-63B, section 5.1.1.2, requires that they are rejected.
 */
export const commonPasswords: ReadonlySet<string> = new Set(
  `12345678 123456789 1234567890 12345678910 123123123 987654321 9876543210 0123456789 11111111 111111111
  1111111111 00000000 0000000000 22222222 55555555 66666666 77777777 88888888 99999999 12341234 11223344
  112233445566 123454321 1234512345 123321123 147258369 147852369 159357456 159753456 741852963 789456123
  987654321a 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx 1qaz2wsx3edc q1w2e3r4 q1w2e3r4t5 qazwsxedc zaq12wsx
  zaq1zaq1 zxcvbnm1 zxcvbnm, asdfghjk asdfghjkl asdf1234 asdfasdf qwertyui qwertyuiop qwerty12 qwerty123
  qwerty1234 qwerty12345 qwer1234 qweasdzxc qwe123456 qweqweqwe 1234qwer 123qweasd 123456qwerty abcd1234
  abcdefgh abcdefg1 abc12345 abc123456 a1234567 a12345678 a123456789 a1b2c3d4 aa123456 aa12345678 aaaaaaaa
  password password! password1 password1! password12 password123 password1234 passw0rd passw0rd1 p@ssw0rd
  p@ssword p@55w0rd pass1234 password01 password2 password00 mypassword newpassword changeme changeme1
  letmein1 letmein123 welcome1 welcome123 admin123 admin1234 administrator root1234 toor1234 test1234
  test12345 testtest testing1 guest1234 default1 secret123 trustno1 iloveyou iloveyou1 iloveyou2 ilovegod
  loveyou1 lovelove sunshine sunshine1 princess princess1 football football1 baseball baseball1 basketball
  superman superman1 batman123 spiderman starwars pokemon1 pokemon123 minecraft computer computer1 internet
  jennifer jessica1 michelle michael1 jordan23 charlie1 ashley123 danielle victoria veronica samantha
  benjamin elizabeth alexander anthony1 nicholas christian december november whatever butterfly chocolate
  blink182 metallica rockyou1 liverpool liverpool1 chelsea1 arsenal1 manchester barcelona juventus realmadrid
  mercedes corvette mustang1 porsche1 motorola samsung1 samsung123 nintendo playstation facebook linkedin
  hello123 hellohello welcome12 dragon123 monkey123 shadow123 master123 mustang123 killer123 freedom1
  summer2023 summer2024 summer2025 winter2023 winter2024 winter2025 microposts`
    .split(/\s+/)
    .filter(Boolean),
)
