// Names for prepared statements: the server then parses and plans each text once for each connection.
import { createHash } from 'node:crypto'

/** Statements named in a process; what is beyond runs unnamed, so that no input can fill the server's memory. */
const limit = 500

/**
 * Gives the name for an SQL text, or '' for none.
 *
 * A name is a hash of its text: behind a pooler that hands out connections with other clients' statements, a name
 * can never mean another text.
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
