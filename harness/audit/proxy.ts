// Starts nginx in front of the service, with an access log of every request.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { startProgram } from '../programs/start.ts'
import { type Entry, logFormat, parseLog } from './access-log.ts'

export type AuditProxy = Awaited<ReturnType<typeof startProxy>>

/** Starts the program at the path `nginx`, with its files in `folder`, in front of the service at `servicePort`. */
export async function startProxy(nginx: string, folder: string, servicePort: number) {
  const port = await freePort()
  const disconnectingPort = await freePort()
  const config = join(folder, 'nginx.conf')
  const accessLog = join(folder, 'access.log')
  const abandonedLog = join(folder, 'abandoned.log')
  await writeFile(
    config,
    configuration({ folder, accessLog, abandonedLog, port, disconnectingPort, servicePort }),
  )
  // Latin-1, because a body may have any bytes.
  const read = async (file: string) => parseLog(await readFile(file, 'latin1'))
  const url = `http://127.0.0.1:${port}`
  const args = ['-p', folder, '-c', config, '-e', 'stderr']
  const program = await startProgram(nginx, args, `${url}/proxy-ready`)
  return {
    url,
    /** For clients that disconnect: requests to it have a log of their own, and reach the service as HTTP/1.0. */
    disconnectingUrl: `http://127.0.0.1:${disconnectingPort}`,
    /** The requests of these clients that have ended. */
    abandoned: (): Promise<Entry[]> => read(abandonedLog),
    /** Waits for open requests, ends nginx and returns the log of the other requests. */
    async stop(): Promise<Entry[]> {
      await program.stop('SIGQUIT')
      return read(accessLog)
    },
  }
}

/**
 * Uses nginx's defaults, or what its documentation recommends: keep-alive on both sides, forwarded headers, buffered
 * requests, retries of idempotent requests. Streams are not buffered, because the service sends X-Accel-Buffering.
 */
function configuration(at: {
  folder: string
  accessLog: string
  abandonedLog: string
  port: number
  disconnectingPort: number
  servicePort: number
}): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // As root, nginx runs its worker as `nobody`, who cannot write to the folder.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `
daemon off;
pid ${at.folder}/nginx.pid;
error_log stderr;
worker_processes 1;
${user}
events { worker_connections 1024; }
http {
  ${temporary.map((kind) => `${kind}_temp_path ${at.folder}/${kind};`).join('\n  ')}
  map $http_transfer_encoding $unmeasured_body { default ""; chunked $request_body; }
  log_format audit escape=json '${logFormat}';
  client_body_buffer_size 64k;
  client_body_in_single_buffer on;
  upstream service {
    server 127.0.0.1:${at.servicePort};
    keepalive 64;
  }
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $http_host;
  server {
    listen 127.0.0.1:${at.port};
    access_log ${at.accessLog} audit;
    location = /proxy-ready { access_log off; return 204; }
    location / { proxy_pass http://service; proxy_http_version 1.1; }
  }
  server {
    listen 127.0.0.1:${at.disconnectingPort};
    access_log ${at.abandonedLog} audit;
    location / { proxy_pass http://service; proxy_http_version 1.0; }
  }
}
`
}
