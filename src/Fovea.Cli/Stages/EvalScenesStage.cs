using System.Text.Json.Nodes;

namespace Fovea.Cli.Stages;

/// <summary>Captions, grounding and questions on held-out scenes, and on scenes that contradict the bias.</summary>
internal sealed record EvalScenesStage : IStage
{
    /// <summary>The model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>Folder of held-out scenes.</summary>
    public required string Scenes { get; init; }

    /// <summary>Folder of conflict scenes, if any.</summary>
    public string? Conflict { get; init; }

    /// <summary>Whether captions are generated and gold ones read.</summary>
    public bool Captions { get; init; } = true;

    /// <summary>Whether questions are asked.</summary>
    public bool Dialogues { get; init; } = true;

    /// <summary>Most new tokens of a caption.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <inheritdoc/>
    public string Kind => "eval_scenes";

    /// <inheritdoc/>
    public SortedDictionary<string, string> HashInputs()
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["model"] = InputHashes.OfModel(Model) };
        foreach (var (role, folder) in new[] { ("scenes", Scenes), ("conflict", Conflict) })
        {
            if (folder is not null)
            {
                hashes[role] = InputHashes.OfScenes(folder);
            }
        }

        return hashes;
    }

    /// <inheritdoc/>
    public JsonObject Run(StageContext context)
    {
        return [];
    }
}
