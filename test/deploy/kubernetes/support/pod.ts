// Runs the service as a pod of the rendered Deployment, as far as that is possible without a container: the files, the
// command and the variables of the image; the user and the variables of the pod; no privileges, and every file system
// read-only. Not approximated: the network, seccomp, and the limits of memory and CPU.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Json } from '../../../../harness/http/client.ts'
import { runService } from '../../../../harness/service.ts'
import { buildImage } from '../../support/image.ts'
import type { Manifest } from './render.ts'
import { podOf } from './workloads.ts'

export type Node = ReturnType<typeof createNode>

/** A folder with the image, in place of a node of a cluster. */
export function createNode() {
  const folder = mkdtempSync(join(tmpdir(), 'microposts-pod-'))
  const image = buildImage(folder)
  const program = join(folder, 'node')
  // For the user of the pod; and a place where the script mounts Node.
  chmodSync(folder, 0o755)
  writeFileSync(program, '')
  return { image, program, remove: () => rmSync(folder, { recursive: true }) }
}

/** Starts a pod on free ports with the values of its secrets. It ends with the test. */
export function startPod(unshare: string, { image, program }: Node, deployment: Manifest, secrets: Secrets) {
  const { securityContext, containers } = podOf(deployment)
  const { runAsUser: user, runAsGroup: group } = securityContext
  const [, ...args] = image.command
  const given = [program, process.execPath, join(image.folder, image.workdir), String(user), String(group)]
  const command = [unshare, '--mount', 'sh', '-euc', confine, 'sh', ...given, ...args]
  const pod = runService({ ...image.env, ...variablesOf(containers[0], secrets) }, { command })
  onTestFinished(async () => {
    pod.kill('SIGKILL')
    await pod.exited
  })
  return pod
}

export type Secrets = Record<string, string>

function variablesOf({ env }: Json, secrets: Secrets): Record<string, string> {
  const values = env.map(({ name, value, valueFrom }: Json) => [
    name,
    value ?? secrets[valueFrom.secretKeyRef.key],
  ])
  return Object.fromEntries(values)
}

/** Arguments: where to mount Node, Node, the working directory, user, group, and the arguments of Node. */
const confine = `
  node=$1 program=$2 folder=$3 user=$4 group=$5
  shift 5
  mount --bind "$program" "$node"
  cut -d ' ' -f 5 /proc/self/mountinfo | while read -r mounted; do
    mount -o remount,bind,ro "$mounted" 2>/dev/null || true
  done
  for place in "$folder" /tmp /var/tmp /dev/shm; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written" >&2; exit 70; fi
  done
  cd "$folder"
  exec setpriv --reuid="$user" --regid="$group" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all "$node" "$@"
`
