// Passwords that an attacker tries first. NIST SP 800-63B, section 3.1.1.2, requires that they are rejected.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

/** Digests of the 10,000 most common passwords of at least 8 characters; `npm run generate` writes them. */
const common: ReadonlySet<string> = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8').split('\n'),
)

/** Common ones that the list lacks, because its source describes sequences, repetitions and years by patterns. */
const patterned: ReadonlySet<string> = new Set(
  `123123123 987654321 9876543210 0123456789 111111111 1111111111 00000000 0000000000 22222222 55555555 66666666
  77777777 88888888 99999999 12341234 1234512345 159357456 zaq1zaq1 zxcvbnm, qwe123456 qweqweqwe abcdefgh aa12345678
  aaaaaaaa password! password1! p@ssword p@55w0rd changeme1 letmein123 admin1234 root1234 toor1234 test12345
  guest1234 default1 batman123 ashley123 rockyou1 linkedin mustang123 summer2023 summer2024 summer2025 winter2023
  winter2024 winter2025`.split(/\s+/),
)

/** Whether a password is among the most common ones, in any case. */
export function isCommon(password: string): boolean {
  const lowerCase = password.toLowerCase()
  return common.has(passwordDigest(lowerCase)) || patterned.has(lowerCase)
}

/** The form in which the list has a password, so that nobody has to read what people choose: 48 bits of a SHA-256. */
export const passwordDigest = (password: string): string =>
  createHash('sha256').update(password).digest('base64url').slice(0, 8)

/**
 * Whether a password is made of the username or the service's name, with digits and punctuation at most. Names of one
 * or two characters are ignored, because they appear in many good passwords.
 */
export function isMadeOfNames(password: string, username: string): boolean {
  const names = [username.toLowerCase(), 'microposts'].filter((name) => name.length > 2)
  const lowerCase = password.toLowerCase()
  const rest = names.reduce((text, name) => text.replaceAll(name, ''), lowerCase)
  return rest !== lowerCase && !/\p{L}/u.test(rest)
}
