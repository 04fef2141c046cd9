// One HTML page for each problem type, at the path that the `type` of a problem contains (RFC 9457).
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { route } from '../http/endpoint.ts'
import { problems, problemType } from '../http/problems/problem-types.ts'
import { htmlPage, pageReply } from './html-page.ts'

const tag = 'Documentation'
const codes = Object.keys(problems) as [ErrorCode, ...ErrorCode[]]

export function problemRoutes() {
  return [
    route(
      {
        method: 'GET',
        path: '/problems',
        auth: 'none',
        summary: 'List the problem types',
        tag,
        replies: { 200: pageReply },
      },
      () => htmlPage({ title: 'Problem types', main: problemList() }),
    ),

    route(
      {
        method: 'GET',
        path: '/problems/:code',
        auth: 'none',
        summary: 'Explain a problem type',
        tag,
        params: z.object({
          code: z.enum(codes).meta({ description: 'The last segment of the problem’s `type`.' }),
        }),
        replies: { 200: pageReply },
      },
      ({ params }) => htmlPage({ title: problems[params.code].title, main: explanation(params.code) }),
    ),
  ]
}

function problemList(): string {
  const rows = codes.map((code) => {
    const { status, title } = problems[code]
    return `<tr><td>${status}<td><a href="${problemType(code)}">${title}</a>`
  })
  return `<h1>Problem types</h1>
<p>Every error response is <code>application/problem+json</code> (RFC 9457). Its <code>type</code> is the path of one of these
pages, its <code>detail</code> says what was wrong with the request, and its <code>instance</code> is the request ID.</p>
<table>
<tr><th>Status<th>Problem
${rows.join('\n')}
</table>`
}

function explanation(code: ErrorCode): string {
  const { status, title, explanation } = problems[code]
  return `<h1>${title}</h1>
<p class="status">Status ${status}, type <code>${problemType(code)}</code></p>
<p>${explanation.replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</p>`
}
