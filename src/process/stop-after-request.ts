// Loaded with --import when the image is built: stops the service after its first response, so that Node keeps the
// compiled code (lib/lean-start.js).
import { setTimeout } from 'node:timers/promises'
import { serviceAddress } from '../../lib/telemetry-status.ts'

async function stopAfterRequest() {
  while (!serviceAddress()) await setTimeout(100)
  await fetch(`${serviceAddress()}/livez`)
  process.kill(process.pid, 'SIGTERM')
}

void stopAfterRequest()
