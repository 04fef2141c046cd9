/** The user who sends a request, and the session of the request's token. */
export type Viewer = { userId: string; username: string; usernameKey: string; sessionId: string }
