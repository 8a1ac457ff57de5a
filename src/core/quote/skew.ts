/**
 * Skew: how far inventory moves both quotes, and the guarantee that it does.
 * @module
 */

/**
 * The skew S of a position: the larger in size of the model's and a linear one, with the position's sign.
 *
 * The model's alone can be two hundredths of a basis point at full position, which is none; never their sum, which would pay twice.
 * @param modelFrac (bid(q) - ask(q)) / 2 of the model's distances.
 * @param atCapFrac Linear skew at the cap.
 * @param capUsedRatio Position over cap, signed.
 */
export function chooseSkew(modelFrac: number, atCapFrac: number, capUsedRatio: number): number {
  if (capUsedRatio === 0) return 0;
  const size = Math.max(Math.abs(modelFrac), Math.abs(atCapFrac * capUsedRatio));
  return capUsedRatio > 0 ? size : -size;
}
