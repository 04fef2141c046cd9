import { z } from 'zod'
import { Username, UserParams } from '../accounts/schema.ts'
import { anyText } from '../http/fields.ts'

/** `username` is the follower, `other` the followed user. */
export const FollowParams = UserParams.extend({ other: Username })

export const NewFollow = z
  .object({ username: anyText.meta({ description: 'The user to follow.', examples: ['bob'] }) })
  .meta({ id: 'NewFollow' })
