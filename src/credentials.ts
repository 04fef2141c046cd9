// Hashes passwords and tokens; the database stores only the hashes.
import { argon2, createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import pLimit from 'p-limit'
import { AppError } from './errors.ts'

type Cost = { memory: number; passes: number; parallelism: number }

/** OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane. */
const cost: Cost = { memory: 19_456, passes: 2, parallelism: 1 }

/** A hash takes about 35 ms of CPU and 19 MiB; more of them at once would starve other requests. */
const hashLimit = pLimit(2)
/** The maximum number of waiting hashes. The last one waits for about half a second. */
const maxWaiting = 32
/** On a busy machine hashes take longer. One that has waited for this long is refused when its turn comes. */
const maxWaitMs = 1_500

const argon2Async = promisify(argon2)

/** @throws {AppError} overloaded if too many hashes wait, or if this one has waited for too long */
async function argon2id(password: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  if (hashLimit.pendingCount >= maxWaiting) throw tooManyHashes()
  const start = performance.now()
  return hashLimit(() => {
    if (performance.now() - start > maxWaitMs) throw tooManyHashes()
    return argon2Async('argon2id', { message: password, nonce: salt, tagLength: length, ...cost })
  })
}

const tooManyHashes = () =>
  new AppError('overloaded', 'Too many passwords are being checked. Try again in 2 s.', {
    headers: { 'Retry-After': '2' },
  })

/**
 * Hashes a password with Argon2id (RFC 9106); returns a PHC string that contains salt and cost.
 *
 * @throws {AppError} overloaded
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return phcString(unpadded(salt), unpadded(await argon2id(password, salt, 32, cost)))
}

/**
 * Whether a password matches a hash. Without a hash (unknown user) it does the same work, so that the response time
 * does not reveal which usernames exist.
 *
 * @throws {AppError} overloaded
 */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', hash = ''] = phcPattern.exec(stored ?? dummyHash) ?? []
  const expected = Buffer.from(hash, 'base64')
  const actual = await argon2id(password, Buffer.from(salt, 'base64'), expected.length, {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return stored !== undefined && timingSafeEqual(actual, expected)
}

/** A new bearer token: 256 random bits. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** A token has too much entropy to be guessed, so a plain digest is enough. */
export const hashToken = (token: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash('sha256').update(token).digest())

/** The PHC string format, as far as `phcString` uses it. */
const phcPattern = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/

function phcString(salt: string, hash: string): string {
  return `$argon2id$v=19$m=${cost.memory},t=${cost.passes},p=${cost.parallelism}$${salt}$${hash}`
}

/** A hash of no known password, with the same cost as a real one. */
const dummyHash = phcString('A'.repeat(22), 'A'.repeat(43))

const unpadded = (bytes: Buffer) => bytes.toString('base64').replaceAll('=', '')
