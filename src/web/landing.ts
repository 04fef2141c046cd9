import { route } from '../http/endpoint.ts'
import { htmlPage, pageReply } from './html-page.ts'

const body = `<h1>microposts</h1>
<p>A microblogging service with an HTTP API: accounts, short posts that may reference a user, follows, timelines and search.</p>
<table>
<tr><td><a href="/docs">/docs</a><td>The API reference. Read about every endpoint and try it.
<tr><td><a href="/openapi.json">/openapi.json</a><td>The same as an OpenAPI 3.1 document, for programs.
<tr><td><a href="/problems">/problems</a><td>The problem types, and what each of them means.
<tr><td><a href="/readyz">/readyz</a><td>The readiness check.
</table>
<p>Prometheus scrapes the metrics at <code>/metrics</code> on a separate port, 9464 by default. The live view at <code>/</code> on that port draws them.</p>`

export function landingRoute() {
  return route(
    {
      method: 'GET',
      path: '/',
      auth: 'none',
      summary: 'Show the landing page',
      tag: 'Documentation',
      replies: { 200: pageReply },
    },
    () => htmlPage({ title: 'microposts', body }),
  )
}
