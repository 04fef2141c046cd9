// The list of common passwords that src/accounts rejects.
import { dictionary } from '@zxcvbn-ts/language-common'
import { passwordDigest } from '../../src/accounts/guessable-passwords.ts'

const count = 10_000
/** The shortest password that the service accepts. */
const minLength = 8

/** A line for each password; the first line names the source. */
export function commonPasswords(): string {
  const listed = dictionary['passwords-common'].map((password) => password.toLowerCase())
  const digests = listed
    .filter((password) => password.length >= minLength)
    .slice(0, count)
    .map(passwordDigest)
  return ['# npm run generate: from @zxcvbn-ts/language-common', ...digests.toSorted(), ''].join('\n')
}
