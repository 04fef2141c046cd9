// Short pages about each kind of problem, where its `type` points to.
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
        summary: 'List the kinds of problems',
        tag,
        replies: { 200: pageReply },
      },
      () => htmlPage({ title: 'Problems', body: index() }),
    ),

    route(
      {
        method: 'GET',
        path: '/problems/:code',
        auth: 'none',
        summary: 'Read what a problem means',
        tag,
        params: z.object({ code: z.enum(codes).meta({ description: 'The end of a problem’s `type`.' }) }),
        replies: { 200: pageReply },
      },
      ({ params }) => htmlPage({ title: problems[params.code].title, body: about(params.code) }),
    ),
  ]
}

function index(): string {
  const rows = codes.map((code) => {
    const { status, title } = problems[code]
    return `<tr><td>${status}<td><a href="${problemType(code)}">${title}</a>`
  })
  return `<nav><a href="/">microposts</a></nav>
<h1>Problems</h1>
<p>Every failure is <code>application/problem+json</code> (RFC 9457): its <code>type</code> is the path of one of these pages,
its <code>detail</code> says what was wrong with the request, and its <code>instance</code> is the request’s id.</p>
<table>
<tr><th>Status<th>Kind
${rows.join('\n')}
</table>`
}

function about(code: ErrorCode): string {
  const { status, title, explanation } = problems[code]
  return `<nav><a href="/">microposts</a> / <a href="/problems">problems</a></nav>
<h1>${title}</h1>
<p class="status">Status ${status}, type <code>${problemType(code)}</code></p>
<p>${explanation.replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</p>`
}
