using Fovea.Models.Batching;

namespace Fovea.Models.Generation;

/// <summary>Takes the likeliest id at each step: <see cref="TextGenerator"/> with one end id and no text.</summary>
public static class GreedyGenerator
{
    /// <summary>Generates for each prompt until the end id, the number of new tokens or the model's length is reached.</summary>
    /// <param name="model">Of one of the families here.</param>
    /// <param name="prompts">Expanded, with images where they hold image tokens.</param>
    /// <param name="maxNewTokens">Most ids a prompt.</param>
    /// <param name="endId">Ends a row; not part of it.</param>
    /// <param name="batchSize">Most rows at a time.</param>
    /// <param name="cancel">Stops between steps.</param>
    /// <returns>New ids a prompt, in the prompts' order: <c>[prompts][new]</c>.</returns>
    public static int[][] Generate(
        VisionLanguageModel model, IReadOnlyList<ExpandedSample> prompts, int maxNewTokens, int endId, int batchSize = 64, CancellationToken cancel = default)
    {
        var options = new GenerationOptions { MaxNewTokens = maxNewTokens, EndIds = [endId], PadId = endId, BatchSize = batchSize };
        return Array.ConvertAll(TextGenerator.Generate(model, prompts, options, cancel: cancel), s => s.Ids);
    }
}
