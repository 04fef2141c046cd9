// An nginx in front of the service, as people run it, that keeps an access log of every request and every attempt.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { startProgram } from '../programs/start.ts'

export type Proxy = Awaited<ReturnType<typeof startProxy>>

/** Starts `nginx` (its path) with all its files in `folder`; requests go to the service at `servicePort`. */
export async function startProxy(nginx: string, folder: string, servicePort: number) {
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  const accessLog = join(folder, 'access.log')
  await writeFile(config, configuration({ folder, accessLog, port, servicePort }))
  const url = `http://127.0.0.1:${port}`
  const program = await startProgram(
    nginx,
    ['-p', folder, '-c', config, '-e', 'stderr'],
    `${url}/proxy-ready`,
  )
  return {
    url,
    /** Ends it once every request is answered, and gives its access log. Bytes are characters: a body may be anything. */
    async stop(): Promise<string> {
      await program.stop('SIGQUIT')
      return readFile(accessLog, 'latin1')
    },
  }
}

/**
 * Keep-alive on both sides, forwarded headers, requests buffered, retries of requests that are safe to retry: nginx's
 * defaults, or what its documentation recommends. Answers of the stream are not buffered since the service asks for
 * that by X-Accel-Buffering. For each request the log has what nginx got from the service: of several attempts a list.
 * Of a body without Content-Length it has the body itself, since nginx knows no other measure of it.
 */
function configuration(at: { folder: string; accessLog: string; port: number; servicePort: number }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  // Where the master is root its worker would be nobody, who may not write there.
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
  log_format audit escape=json '${logFormat()}';
  access_log ${at.accessLog} audit;
  client_body_buffer_size 64k;
  client_body_in_single_buffer on;
  upstream service {
    server 127.0.0.1:${at.servicePort};
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${at.port};
    location = /proxy-ready { access_log off; return 204; }
    location / {
      proxy_pass http://service;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }
}
`
}

/** The names of log.ts, and nginx's variables for them. */
const variables = {
  method: 'request_method',
  uri: 'request_uri',
  status: 'status',
  contentLength: 'content_length',
  body: 'unmeasured_body',
  attemptStatus: 'upstream_status',
  attemptConnect: 'upstream_connect_time',
  attemptHeader: 'upstream_header_time',
  attemptLength: 'upstream_response_length',
  replayed: 'upstream_http_idempotency_replayed',
}

const logFormat = () =>
  `{${Object.entries(variables)
    .map(([name, variable]) => `"${name}":"$${variable}"`)
    .join(',')}}`
