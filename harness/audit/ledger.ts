// Records what happened according to the responses to clients, independently of metrics and rows.

export type Ledger = ReturnType<typeof createLedger>

/** No username is used twice, so that entries of different accounts cannot be confused. */
export function createLedger() {
  const users = new Set<string>()
  const disconnecting = new Set<string>()
  const posts = new Map<string, { author: string }>()
  const follows = new Map<string, { follower: string; followee: string }>()
  const events = {
    registered: 0,
    accountsDeleted: 0,
    referencing: 0,
    plain: 0,
    edited: 0,
    deleted: 0,
    followed: 0,
    onTimelines: 0,
  }

  return {
    signedUp(username: string) {
      users.add(username)
      events.registered++
    },
    /** The posts of the account are deleted with it. */
    deletedAccount(username: string) {
      users.delete(username)
      events.accountsDeleted++
      for (const [id, { author }] of posts) if (author === username) this.deleted(id)
    },
    /** No response says which posts of this user exist: its clients disconnect before. */
    disconnects(username: string) {
      disconnecting.add(username)
    },
    posted(id: string, author: string, referencing: boolean) {
      posts.set(id, { author })
      events[referencing ? 'referencing' : 'plain']++
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
    readTimeline(posts: number) {
      events.onTimelines += posts
    },

    /** Whether responses say which posts of this user exist. */
    knowsPostsOf: (username: string) => !disconnecting.has(username),

    /** How often each thing happened. */
    events: events as Readonly<typeof events>,

    /**
     * What must exist now: usernames, ids of posts, pairs of usernames. A follow ends with either account, even if the
     * responses to the follow and to the deletion arrived in the wrong order.
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
