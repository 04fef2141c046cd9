/** How the endpoint reports what an operator should see: an event and its fields. */
export type Log = (level: 'info' | 'warn' | 'error', fields: object, message: string) => void
