// What the API sends; docs at /docs.

export type User = {
  username: string
  displayName: string | null
  bio: string | null
  createdAt: string
  counts: { posts: number; followers: number; following: number }
}

export type Post = {
  id: string
  text: string
  /** The username of the mentioned user. */
  referenced: string | null
  timestamp: string
  /** The username of the author. */
  user: string
  editedAt: string | null
}

export type Login = { token: string; expiresAt: string; user: User }

export type LoginSession = {
  id: string
  createdAt: string
  lastUsedAt: string
  expiresAt: string
  current: boolean
}

export type Fault = { detail: string; pointer?: string; parameter?: string; header?: string }
