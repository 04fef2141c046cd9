/** The user who sends a request, and the session that the request's token belongs to. */
export type Viewer = { userId: string; username: string; usernameKey: string; sessionId: string }
