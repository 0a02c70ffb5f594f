using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Targets;
using TorchSharp;

namespace Fovea.Scoring;

/// <summary>One batch through one model: <c>[batch]</c>.</summary>
/// <param name="batch">The batch.</param>
/// <param name="read">Reads more from its logits <c>[targets, vocab]</c> before they are freed; null for no more.</param>
internal delegate TargetScores[] BatchScores(IReadOnlyList<ExpandedSample> batch, Action<torch.Tensor, ModelBatch>? read = null);

/// <summary>Makes the model's work on a batch; tests put failures here.</summary>
internal delegate TargetScores[] ModelScores(VisionLanguageModel model, IReadOnlyList<ExpandedSample> batch);
