import { AppError } from '../errors.ts'

/** How many streams may be open in this process, in all and for one user. */
export type StreamLimits = { total: number; perUser: number }

/** Counts open streams: every `opened` needs a `closed`. */
export function createStreamLimits({ total, perUser }: StreamLimits) {
  const open = new Map<string, number>()
  let all = 0
  return {
    /** @throws {AppError} overloaded; rate-limited if the user has too many open streams */
    check(userId: string) {
      const headers = { 'Retry-After': '10' }
      if (all >= total)
        throw new AppError('overloaded', 'Too many streams are open. Try again in 10 s.', { headers })
      if ((open.get(userId) ?? 0) >= perUser)
        throw new AppError('rate-limited', `You have ${perUser} open streams; close one first.`, { headers })
    },
    opened(userId: string) {
      all++
      open.set(userId, (open.get(userId) ?? 0) + 1)
    },
    closed(userId: string) {
      all--
      const left = (open.get(userId) ?? 1) - 1
      if (left > 0) open.set(userId, left)
      else open.delete(userId)
    },
  }
}
