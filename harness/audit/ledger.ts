// What clients were told: each entry is made when the answer is there, whatever the service counts or stores.

export type Ledger = ReturnType<typeof createLedger>

/** Usernames are never used twice, so that what happened to one is never told of another. */
export function createLedger() {
  const users = new Set<string>()
  const posts = new Map<string, { author: string }>()
  const follows = new Map<string, { follower: string; followee: string }>()
  const events = {
    registered: 0,
    left: 0,
    referencing: 0,
    plain: 0,
    edited: 0,
    deleted: 0,
    followed: 0,
    replayed: 0,
    onTimelines: 0,
  }

  return {
    signedUp(username: string) {
      users.add(username)
      events.registered++
    },
    /** Posts and follows go too. */
    left(username: string) {
      users.delete(username)
      events.left++
      for (const [id, { author }] of posts) {
        if (author !== username) continue
        posts.delete(id)
        events.deleted++
      }
    },
    posted(id: string, author: string, referenced: boolean) {
      posts.set(id, { author })
      events[referenced ? 'referencing' : 'plain']++
    },
    replayed() {
      events.replayed++
    },
    edited() {
      events.edited++
    },
    deleted(id: string) {
      posts.delete(id)
      events.deleted++
    },
    followed(follower: string, followee: string) {
      follows.set(`${follower} ${followee}`, { follower, followee })
      events.followed++
    },
    unfollowed(follower: string, followee: string) {
      follows.delete(`${follower} ${followee}`)
    },
    readTimeline(rows: number) {
      events.onTimelines += rows
    },

    /** How often each thing happened. */
    events: events as Readonly<typeof events>,

    /**
     * What must be there now: usernames, ids of posts, pairs of names. A follow that was acknowledged while its followee
     * left is gone with the followee, in whichever order the two answers came.
     */
    remaining: () => ({
      users: [...users],
      posts: [...posts.keys()],
      follows: [...follows.values()]
        .filter(({ follower, followee }) => users.has(follower) && users.has(followee))
        .map(({ follower, followee }) => `${follower} ${followee}`),
    }),
  }
}
