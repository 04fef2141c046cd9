// What the people say, in the order in which they say it.
import { readFileSync } from 'node:fs'
import type { Random } from '../../harness/random.ts'
import { type Person, people, usernameOf } from './people.ts'

export type Line<User> = { author: User; referenced: string | null; text: string }

/** Conversations are separated by an empty line. Each line is `speaker: text`, or `speaker > referenced: text`. */
const conversations = readFileSync(new URL('conversations.txt', import.meta.url), 'utf8')
  .trim()
  .split('\n\n')
  .map((conversation) => conversation.split('\n').map(parseLine))

/**
 * Returns a function that returns the next line, forever. Only `authors` speak. No text of `said` is repeated before
 * everything has been said; the function adds to it.
 */
export function createScript<User extends Person>(random: Random, authors: User[], said: Set<string>) {
  const casts = new Set(authors.map(({ cast }) => cast))
  const lines = shuffle(random, [...casts].flatMap(playedBy)).flat()
  if (lines.length === 0) throw new Error('These people have no conversation without the others.')
  let next = 0
  return (): Line<User> => {
    if (lines.every(({ text }) => said.has(text))) said.clear()
    for (;;) {
      const line = lines[next++ % lines.length] as Line<User>
      if (said.has(line.text)) continue
      said.add(line.text)
      return line
    }
  }

  /** The conversations whose speakers are all in this cast. */
  function playedBy(cast: number): Line<User>[][] {
    const speakers = new Map(authors.filter((user) => user.cast === cast).map((user) => [user.role, user]))
    return conversations
      .map((conversation) =>
        conversation.flatMap(({ speaker, referenced, text }) => {
          const author = speakers.get(speaker)
          return author
            ? {
                author,
                referenced: referenced ? usernameOf(referenced, cast) : null,
                text: address(text, cast),
              }
            : []
        }),
      )
      .filter((lines, index) => lines.length === conversations[index]?.length)
  }
}

function parseLine(line: string) {
  const [, speaker = '', referenced, text = ''] = /^(\S+?)(?: > (\S+))?: (.+)$/.exec(line) ?? []
  return { speaker, referenced, text }
}

/** Replaces the roles that a text mentions by the usernames of the same cast. */
const address = (text: string, cast: number) =>
  people.reduce((changed, [role]) => changed.replaceAll(`@${role}`, `@${usernameOf(role, cast)}`), text)

function shuffle<T>(random: Random, items: T[]): T[] {
  const keyed = items.map((item) => ({ item, key: random.next() }))
  return keyed.sort((a, b) => a.key - b.key).map(({ item }) => item)
}
