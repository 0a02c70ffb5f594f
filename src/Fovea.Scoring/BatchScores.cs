using Fovea.Models;
using Fovea.Models.Batching;
using Fovea.Models.Targets;

namespace Fovea.Scoring;

/// <summary>One batch through one model: <c>[batch]</c>.</summary>
internal delegate TargetScores[] BatchScores(IReadOnlyList<ExpandedSample> batch);

/// <summary>Makes the model's work on a batch; tests put failures here.</summary>
internal delegate TargetScores[] ModelScores(VisionLanguageModel model, IReadOnlyList<ExpandedSample> batch);
