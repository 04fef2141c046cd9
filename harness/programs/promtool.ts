// Prometheus's own opinion of a page.
import { spawnSync } from 'node:child_process'

/** About a name that the semantic conventions set. */
const known =
  'db_client_connection_count non-histogram and non-summary metrics should not have "_count" suffix'

/** What `promtool check metrics` says of a page, line by line, but what it says of any. */
export function complaintsOf(promtool: string, page: string): string[] {
  const { stdout, stderr } = spawnSync(promtool, ['check', 'metrics'], { input: page, encoding: 'utf8' })
  return `${stdout}${stderr}`.split('\n').filter((line) => line !== '' && line !== known)
}
