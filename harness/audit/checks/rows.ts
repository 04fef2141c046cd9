// What was created and not deleted, as counted and as clients were told, against what is in the database.
import type { Evidence } from '../evidence.ts'
import type { Readings } from '../readings.ts'
import { tally, total } from '../tally.ts'
import { type Check, check, nothing, only } from './check.ts'

const rowsOf = 'rows of the database'

export function checkRows(readings: Readings, { rows, ledger }: Evidence): Check[] {
  const sum = (name: string) => total(readings.by(name, () => 'all'))
  const left = (created: string, deleted: string) => only(sum(created) - sum(deleted))
  const told = ledger.remaining()
  const byName = (names: string[]) => tally(names, (name) => name)
  return [
    check(
      'users, registered − deleted',
      left('microposts.user.registered', 'microposts.user.deleted'),
      rowsOf,
      only(rows.users.length),
    ),
    check(
      'posts, created − deleted',
      left('microposts.post.created', 'microposts.post.deleted'),
      rowsOf,
      only(rows.posts.length),
    ),
    check(
      'follows, created − deleted',
      left('microposts.follow.created', 'microposts.follow.deleted'),
      rowsOf,
      only(rows.follows.length),
    ),
    check('users, as clients were told', byName(told.users), rowsOf, byName(rows.users)),
    check('posts, as clients were told', byName(told.posts), rowsOf, byName(rows.posts)),
    check('follows, as clients were told', byName(told.follows), rowsOf, byName(rows.follows)),
    check('users with wrong counts of their own', byName(rows.miscounted), 'none', nothing),
  ]
}
