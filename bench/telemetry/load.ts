import { type Agent, request } from 'node:http'

export type Request = { method: string; path: string; headers?: Record<string, string>; body?: string }

/**
 * Sends so many requests to a service, over as many connections as the agent may have: each connection the next one
 * once it has read the answer. Rejects when an answer is no success.
 */
export async function sendLoad(url: string, agent: Agent, what: Request, requests: number): Promise<void> {
  let left = requests
  const sendNext = async () => {
    while (left-- > 0) await send(url, agent, what)
  }
  await Promise.all(Array.from({ length: agent.maxSockets }, sendNext))
}

function send(url: string, agent: Agent, { method, path, headers, body }: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(url + path, { agent, method, headers }, (answer) => {
      const { statusCode = 0 } = answer
      if (statusCode >= 300) reject(new Error(`${method} ${path}: ${statusCode}`))
      answer.on('end', resolve).on('error', reject).resume()
    })
    sent.on('error', reject).end(body)
  })
}
