// Error responses for people: what the problem handler sends instead of problem+json to a browser outside /api.
import type { ErrorCode } from '../errors.ts'
import { problems } from '../http/problems/problem-types.ts'
import { clientShell } from './client-shell.ts'
import { htmlPage } from './html-page.ts'

/** The page for a problem. Of an unknown path, the client itself says that there is no such page. */
export function errorPage(code: ErrorCode): { headers: Record<string, string>; body: string } {
  if (code === 'not-found') {
    const { headers, body } = clientShell()
    return { headers: { 'Content-Security-Policy': headers['Content-Security-Policy'] }, body }
  }
  const { title, explanation } = problems[code]
  const text = explanation.replaceAll(/`([^`]*)`/g, '<code>$1</code>')
  return htmlPage({ title, main: `<h1>${title}</h1>\n<p>${text}</p>` })
}
