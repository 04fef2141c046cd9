import { exitWithUsage } from '../lib/command-line.ts'
import { capacity } from './capacity.ts'
import { growth } from './growth.ts'
import { memory } from './memory.ts'
import { requests } from './requests.ts'
import { scrape } from './scrape.ts'
import { start } from './start.ts'
import { telemetry } from './telemetry.ts'
import { writers } from './writers.ts'

const usage = `Usage: npm run bench -- NAME [options]

  start       time from the start until the service is ready
  scrape      time to serialize a scrape, compared with the stock exporter and prom-client
  growth      durations of lists, timelines and searches on 10,000 and on a million posts
  requests    CPU time per request, compared with node:http and pg alone
  writers     posts per second with 1 to 32 writers, with and without notifications
  capacity    costs of requests, rows and streams, for npm run capacity
  memory      resident memory idle, during load and afterwards
  telemetry   CPU time per request with telemetry off, on and pushed, and with other libraries

npm run bench -- NAME --help shows the options.
`

const benchmarks = new Map(
  Object.entries({ start, scrape, growth, requests, writers, capacity, memory, telemetry }),
)
const [name = '', ...args] = process.argv.slice(2)
const run = benchmarks.get(name)
if (run) await run(args)
else if (name === '--help') process.stdout.write(usage)
else exitWithUsage(name ? `There is no benchmark "${name}".` : 'Name a benchmark.', usage)
