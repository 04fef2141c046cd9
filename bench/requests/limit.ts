// The limit: the same statements and the same JSON as the service, through node:http and pg alone. It validates, measures
// and limits nothing.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { Pool, type QueryResultRow } from 'pg'
import { v7 as newId } from 'uuid'
import { tokenize } from '../../src/search/tokenizer.ts'
import { statements } from './statements.ts'

type PostRow = {
  id: string
  text: string
  createdAt: Date
  editedAt: Date | null
  version: number
  author: string
  referenced: string | null
}

const { DATABASE_URL, RATE_LIMIT_POSTS = '0' } = process.env
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 })

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '', `http://${request.headers.host}`)
  const [, , , , list, id] = pathname.split('/')
  const origin = `http://${request.headers.host}`
  const rows =
    request.method === 'POST'
      ? [await create(request)]
      : id !== undefined
        ? await query<PostRow>('findPost', [id, pathname.split('/')[3]])
        : list === 'timeline'
          ? await query<PostRow>('timeline', [await authenticate(request).then(({ userId }) => userId)])
          : searchParams.has('search')
            ? await search(`'${searchParams.get('search')}':*`)
            : await query<PostRow>('listPosts', [])
  const posts = rows.slice(0, 20).map((row) => toPost(row, origin))
  const single = id !== undefined || request.method === 'POST'
  const body = Buffer.from(JSON.stringify(single ? posts[0] : posts))
  response.writeHead(request.method === 'POST' ? 201 : 200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
  })
  response.end(body)
})

server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  process.stdout.write(`${JSON.stringify({ level: 30, msg: 'ready', url: `http://127.0.0.1:${port}` })}\n`)
})
process.once('SIGTERM', () => {
  server.close(() => pool.end())
  server.closeAllConnections()
})

/** As the service does: the newest posts first, then the index if they contain too few. */
async function search(words: string): Promise<PostRow[]> {
  const rows = await query<PostRow & { matches: boolean }>('search', [words])
  return rows.at(-1)?.matches === false ? query<PostRow>('lookUp', [words]) : rows
}

async function create(request: IncomingMessage): Promise<PostRow> {
  const [{ userId, username }, body] = await Promise.all([authenticate(request), text(request)])
  const { text: content } = JSON.parse(body) as { text: string }
  const createdAt = new Date()
  const windowEnd = new Date(createdAt.getTime() + 60_000)
  const values = [userId, content, createdAt, tokenize(content), Number(RATE_LIMIT_POSTS), windowEnd]
  const [created] = await query<{ id: string }>('createPost', values)
  const id = created?.id ?? newId()
  return { id, text: content, createdAt, editedAt: null, version: 1, author: username, referenced: null }
}

async function authenticate({ headers }: IncomingMessage) {
  const token = headers.authorization?.slice('Bearer '.length) ?? ''
  const hash = createHash('sha256').update(token).digest()
  const [session] = await query<{ userId: string; username: string }>('findSession', [hash, new Date()])
  if (!session) throw new Error('The token is invalid.')
  return session
}

async function query<Row extends QueryResultRow>(name: keyof typeof statements, values: unknown[]) {
  const { rows } = await pool.query<Row>({ name, text: statements[name], values })
  return rows
}

function toPost({ id, text, referenced, createdAt, author, editedAt }: PostRow, origin: string) {
  return {
    href: `${origin}/api/users/${author}/collection/${id}`,
    id,
    text,
    referenced,
    timestamp: createdAt.toISOString(),
    user: author,
    editedAt: editedAt?.toISOString() ?? null,
  }
}
