import { z } from 'zod'
import { Username, UserParams } from '../accounts/schema.ts'

/** The path's user and the one that is or was followed. */
export const FollowParams = UserParams.extend({ other: Username })

export const NewFollow = z
  .object({ username: z.string().meta({ description: 'Whom to follow.', examples: ['bob'] }) })
  .meta({ id: 'NewFollow' })
