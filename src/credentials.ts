// Hashing of passwords and tokens: what the database stores instead of them.
import { type Argon2Parameters, argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import pLimit from 'p-limit'

const derive = promisify(argon2) as (algorithm: 'argon2id', parameters: Argon2Parameters) => Promise<Buffer>

/** OWASP's password storage cheat sheet: 19 MiB, 2 passes, 1 lane. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }

/** A hash takes some 35 ms of a core and 19 MiB: more at once would starve every other request. */
const hashLimit = pLimit(2)

/** Hashes a password with Argon2id (RFC 9106); the result is a PHC string with its own salt and cost. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await hashLimit(() =>
    derive('argon2id', { message: password, nonce: salt, tagLength: 32, ...cost }),
  )
  const { memory, passes, parallelism } = cost
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(hash)}`
}

/** The PHC string format, with just what we write. */
const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

/**
 * Whether a password is the one that was hashed. Without a hash (no such user) the same work is done for
 * nothing, so that the time tells nobody which usernames exist.
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', hash = ''] = phc.exec(stored ?? nobody) ?? []
  const expected = Buffer.from(hash, 'base64')
  const actual = await hashLimit(() =>
    derive('argon2id', {
      message: password,
      nonce: Buffer.from(salt, 'base64'),
      tagLength: expected.length,
      memory: Number(memory),
      passes: Number(passes),
      parallelism: Number(parallelism),
    }),
  )
  return stored !== undefined && timingSafeEqual(actual, expected)
}

/** A hash that no password is known to have, at the same cost as a real one. */
const nobody = `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** A new bearer token: 256 random bits. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What is stored of a token. It has too many bits to be guessed, so a plain digest is enough. */
export const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest())

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
