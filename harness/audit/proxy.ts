// Starts nginx in front of the service, with an access log of every request.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { startProgram } from '../programs/start.ts'
import { logFormat } from './access-log.ts'

/** Starts the program at the path `nginx`, with its files in `folder`, in front of the service at `servicePort`. */
export async function startProxy(nginx: string, folder: string, servicePort: number) {
  const port = await freePort()
  const config = join(folder, 'nginx.conf')
  const accessLog = join(folder, 'access.log')
  await writeFile(config, configuration({ folder, accessLog, port, servicePort }))
  const url = `http://127.0.0.1:${port}`
  const args = ['-p', folder, '-c', config, '-e', 'stderr']
  const program = await startProgram(nginx, args, `${url}/proxy-ready`)
  return {
    url,
    /** Waits for open requests, ends nginx and returns its access log. It is Latin-1: a body may have any bytes. */
    async stop(): Promise<string> {
      await program.stop('SIGQUIT')
      return readFile(accessLog, 'latin1')
    },
  }
}

/**
 * Uses nginx's defaults, or what its documentation recommends: keep-alive on both sides, forwarded headers, buffered
 * requests, retries of idempotent requests. Streams are not buffered, because the service sends X-Accel-Buffering.
 */
function configuration(at: { folder: string; accessLog: string; port: number; servicePort: number }): string {
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
