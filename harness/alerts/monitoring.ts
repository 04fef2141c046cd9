// Runs Prometheus and Alertmanager with the files of deploy/, copied to a temporary folder.
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
 * Starts both programs, scraping `metricsUrl`. In the files, only addresses and, by `divisor`, durations are
 * changed (see shortenDurations). `stop` ends the programs and removes the folder.
 */
export async function startMonitoring(options: {
  prometheus: string
  alertmanager: string
  divisor: number
  metricsUrl: string
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
    const setTargets = (job: Targets | 'alertmanager', urls: string[]) => {
      const targets = urls.map((url) => new URL(url).host)
      return writeFile(join(folder, 'targets', `${job}.yml`), JSON.stringify([{ targets }]))
    }

    const alertmanagerPort = await freePort()
    await setTargets('alertmanager', [`http://127.0.0.1:${alertmanagerPort}`])
    await setTargets('microposts', [options.metricsUrl])
    const port = await freePort()
    undo.push((await startPrometheus(options.prometheus, folder, port)).stop)
    const url = `http://127.0.0.1:${port}`
    await untilQuiet(url)
    undo.push((await startAlertmanager(options.alertmanager, folder, alertmanagerPort)).stop)
    return {
      url,
      receiver,
      /** Replaces the targets of a job by the hosts of these URLs. */
      setTargets: (job: Targets, urls: string[]) => setTargets(job, urls),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/**
 * Waits until the alert for absent targets is over: Prometheus looks for targets only every five seconds, and the
 * shortened rules fire before that.
 */
async function untilQuiet(url: string) {
  await until(
    'the service is scraped and no alert fires',
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
    // The original finds the Collector by DNS.
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
    // Resends an alert that still fires.
    '--rules.alert.resend-delay=1s',
  ]
  return startProgram(path, args, `http://127.0.0.1:${port}/-/ready`)
}
