// A short page about each kind of problem, where its `type` points to.
import { z } from 'zod'
import type { ErrorCode } from '../errors.ts'
import { route } from './endpoint.ts'
import { type Problem, problems } from './problems.ts'

export function problemRoutes() {
  const codes = Object.keys(problems) as [ErrorCode, ...ErrorCode[]]
  return [
    route(
      {
        method: 'GET',
        path: '/problems/:code',
        who: 'anyone',
        summary: 'What a problem means',
        tag: 'Documentation',
        params: z.object({ code: z.enum(codes).meta({ description: 'The end of a problem’s `type`.' }) }),
        replies: {
          200: {
            description: 'A page',
            body: z.string().meta({ examples: ['<!doctype html>…'] }),
            type: 'text/html; charset=utf-8',
          },
        },
      },
      ({ params }) => ({ status: 200, body: page(params.code, problems[params.code]) }),
    ),
  ]
}

function page(code: ErrorCode, { status, title, explanation }: Problem): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<h1>${title}</h1>
<p>Status ${status}, type <code>/problems/${code}</code></p>
<p>${explanation.replaceAll(/`([^`]*)`/g, '<code>$1</code>')}</p>
</html>
`
}
