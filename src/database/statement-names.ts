// Names prepared statements, so that the server parses and plans each SQL text once per connection.
import { createHash } from 'node:crypto'

/** Named statements per process. Further texts run unnamed, so that no client can fill the server's memory. */
const limit = 500

/**
 * Creates a function that returns the name for an SQL text, or '' once there are too many.
 *
 * The name is a hash of the text: a pooler may share connections between clients, and a name must never stand for two
 * different statements.
 */
export function createStatementNames(): (query: { sql: string }) => string {
  const names = new Map<string, string>()
  return ({ sql }) => {
    const known = names.get(sql)
    if (known !== undefined) return known
    if (names.size >= limit) return ''
    const name = `m_${createHash('sha256').update(sql).digest('base64url').slice(0, 22)}`
    names.set(sql, name)
    return name
  }
}
