// A real Prometheus and a real Alertmanager on the files of otel/, in a folder of their own.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../http/free-port.ts'
import { startProgram } from '../programs/start.ts'
import { until } from '../until.ts'
import { startReceiver } from './receiver.ts'
import { shortenDurations } from './shorten.ts'

export type Monitoring = Awaited<ReturnType<typeof startMonitoring>>
export type Targets = 'microposts' | 'collector'

/**
 * `divisor` shortens every duration of the files (see shortenDurations); beside that only addresses are changed.
 * Scrapes `target`, `host:port`. `stop` ends both programs and removes the folder.
 */
export async function startMonitoring(options: {
  prometheus: string
  alertmanager: string
  divisor: number
  target: string
}) {
  const folder = await mkdtemp(join(tmpdir(), 'microposts-alerts-'))
  const undo: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })]
  const stop = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    const receiver = await startReceiver()
    undo.push(receiver.stop)
    await writeFiles(folder, receiver.url, options.divisor)
    const setTargets = (job: Targets | 'alertmanager', targets: string[]) =>
      writeFile(join(folder, 'targets', `${job}.yml`), JSON.stringify([{ targets }]))

    const alertmanagerPort = await freePort()
    await setTargets('alertmanager', [`127.0.0.1:${alertmanagerPort}`])
    await setTargets('microposts', [options.target])
    const port = await freePort()
    undo.push((await startPrometheus(options.prometheus, folder, port)).stop)
    const url = `http://127.0.0.1:${port}`
    await untilQuiet(url)
    undo.push((await startAlertmanager(options.alertmanager, folder, alertmanagerPort)).stop)
    return {
      url,
      receiver,
      setTargets: (job: Targets, targets: string[]) => setTargets(job, targets),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Prometheus looks for targets every five seconds, which nothing can shorten: until it has found the first, the shortened
 * rules take it for absent. Alertmanager starts when that is over.
 */
async function untilQuiet(url: string) {
  await until(
    'the service is scraped, and no alert is left',
    async () => {
      const query = 'sum(up{job="microposts"}) and on () (absent(ALERTS))'
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`)
      const { data } = (await response.json()) as { data: { result: unknown[] } }
      return data.result.length > 0
    },
    60_000,
  )
}

async function writeFiles(folder: string, receiverUrl: string, divisor: number) {
  await cp('deploy/prometheus', folder, { recursive: true })
  await cp('deploy/alertmanager', folder, { recursive: true })
  for (const file of ['red', 'saturation', 'slo', 'alerts']) {
    const path = join(folder, 'rules', `${file}.yml`)
    await writeFile(path, shortenDurations(await readFile(path, 'utf8'), divisor))
  }
  const prometheus = join(folder, 'prometheus.yml')
  const text = shortenDurations(await readFile(prometheus, 'utf8'), divisor)
  await writeFile(
    prometheus,
    // The Collector is found by name there, and by file here.
    text.replace(
      / {4}dns_sd_configs:[\s\S]*/,
      '    file_sd_configs:\n      - files: [targets/collector.yml]\n',
    ),
  )
  await writeFile(join(folder, 'targets', 'collector.yml'), '[]')
  const alertmanager = join(folder, 'alertmanager.yml')
  const routes = shortenDurations(await readFile(alertmanager, 'utf8'), divisor)
  await writeFile(alertmanager, routes.replaceAll(/http:\/\/localhost:9095/g, receiverUrl))
}

function startAlertmanager(path: string, folder: string, port: number) {
  const args = [
    `--config.file=${folder}/alertmanager.yml`,
    `--storage.path=${folder}/alertmanager`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]
  return startProgram(path, args, `http://127.0.0.1:${port}/-/ready`)
}

function startPrometheus(path: string, folder: string, port: number) {
  const args = [
    `--config.file=${folder}/prometheus.yml`,
    `--storage.tsdb.path=${folder}/prometheus`,
    `--web.listen-address=127.0.0.1:${port}`,
    // An alert that still fires is sent again after this long.
    '--rules.alert.resend-delay=1s',
  ]
  return startProgram(path, args, `http://127.0.0.1:${port}/-/ready`)
}
