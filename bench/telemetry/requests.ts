import { token } from '../growth/fill.ts'
import type { Request } from './load.ts'

const authorization = { Authorization: `Bearer ${token}` }

/** What is measured, by its name; the paths hold on every database that was filled alike. */
export async function requestsOf(url: string): Promise<Record<string, Request>> {
  // A user that nothing is created for here.
  const answer = await fetch(`${url}/api/users/user2/collection?limit=1`)
  const [post] = (await answer.json()) as { href: string }[]
  if (!post) throw new Error('The database has no posts.')
  return {
    'one post': { method: 'GET', path: new URL(post.href).pathname },
    'list of 20 posts': { method: 'GET', path: '/api/posts' },
    create: {
      method: 'POST',
      path: '/api/users/user1/collection',
      headers: { ...authorization, 'Content-Type': 'application/json' },
      body: JSON.stringify({ text: 'Curiouser and curiouser! cried Alice.' }),
    },
  }
}

/** What a service has to be asked besides, so that it has recorded every metric. */
export async function askOthers(url: string): Promise<void> {
  const answer = await fetch(`${url}/api/users/user1/timeline`, { headers: authorization })
  await answer.arrayBuffer()
}
