using Fovea.Models.Families;
using TorchSharp;

namespace Fovea.Models.Checkpoints;

/// <summary>What a model's folder holds, from its configuration and the headers of its files alone.</summary>
public sealed record ModelInspection
{
    /// <summary>Family: <c>llama</c>, <c>mistral</c>, <c>qwen2</c>, <c>llava</c>, <c>openqwen2vl</c> or <c>solo</c>.</summary>
    public required string Family { get; init; }

    /// <summary>Family of the decoder.</summary>
    public required string Decoder { get; init; }

    /// <summary>Family of the tower; null without one.</summary>
    public string? Tower { get; init; }

    /// <summary>Key layout, in words.</summary>
    public required string Layout { get; init; }

    /// <summary>Number of scalars, a tied head counted once.</summary>
    public required long Parameters { get; init; }

    /// <summary>Scalars by part: decoder, tower, projector, patch embedding.</summary>
    public required IReadOnlyDictionary<string, long> Parts { get; init; }

    /// <summary>Names of the parameters, in the model's order.</summary>
    public required IReadOnlyList<string> Names { get; init; }

    /// <summary>Scalars by the type in which they are stored.</summary>
    public required IReadOnlyDictionary<string, long> StoredTypes { get; init; }

    /// <summary>Files that hold weights.</summary>
    public required int Files { get; init; }

    /// <summary>Whether the head is the embedding.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Length the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Number of ids that the decoder knows.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Image tokens per image; null where it depends on the image, or there are none.</summary>
    public int? TokensPerImage { get; init; }

    /// <summary>Id in whose places features go; null where there is none, negative where it is outside every vocabulary.</summary>
    public int? ImageTokenId { get; init; }

    /// <summary>Side of the square that the tower sees, in pixels; null without a tower.</summary>
    public int? ImageSize { get; init; }

    /// <summary>Side of the patches that the decoder reads itself (SOLO), in pixels; null for other models.</summary>
    public int? PatchSize { get; init; }

    /// <summary>What it needs in memory.</summary>
    public required MemoryEstimate Memory { get; init; }

    /// <summary>What lies elsewhere and must be given to load it; null for nothing.</summary>
    public string? Lacks { get; init; }

    /// <summary>Tensors that do not fit the configuration; empty where it can be loaded.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Looks at a folder. No element is read.</summary>
    /// <param name="dir">The folder.</param>
    /// <param name="options">What it does not say; null for nothing.</param>
    /// <exception cref="Core.Errors.InvalidInputException">Not a model of a family that is supported.</exception>
    public static ModelInspection Read(string dir, LoadOptions? options = null)
    {
        using var plan = ModelLayouts.Open(dir, options ?? new LoadOptions(), toLoad: false);
        var reader = new ParameterReader(plan.Parts, plan.Specs, plan.TiedEmbedding);
        var stored = reader.StoredTypes;
        return new ModelInspection
        {
            Family = plan.Family,
            Decoder = plan.Text.ModelType,
            Tower = plan.Vision?.ModelType,
            Layout = plan.Layout,
            Parameters = plan.Specs.Sum(s => s.NumElements),
            Parts = plan.Specs.GroupBy(s => ParameterPart.Of(s.Name)).ToDictionary(g => g.Key.Replace('_', ' '), g => g.Sum(s => s.NumElements)),
            Names = [.. plan.Specs.Select(s => s.Name)],
            StoredTypes = stored.ToDictionary(p => NameOf(p.Key), p => p.Value),
            Files = plan.Parts.SelectMany(p => p.Source.Tensors.Values).Select(t => t.File).Concat(plan.Companions).Distinct(StringComparer.Ordinal).Count(),
            TiedHead = plan.Text.TieWordEmbeddings,
            MaxPositions = plan.Text.MaxPositions,
            VocabSize = plan.Text.VocabSize,
            TokensPerImage = plan.TokensPerImage,
            ImageTokenId = plan.ImageTokenId,
            ImageSize = plan.Vision?.ImageSize,
            PatchSize = plan.PatchSize,
            Memory = MemoryEstimate.Of(plan.Text, plan.Specs.Sum(s => s.NumElements), stored.Sum(p => p.Value * SizeOf(p.Key)), plan.CompanionBytes),
            Lacks = plan.Lacks,
            Problems = reader.Problems,
        };
    }

    private static string NameOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float32 => "f32",
        torch.ScalarType.Float16 => "f16",
        torch.ScalarType.BFloat16 => "bf16",
        torch.ScalarType.Float64 => "f64",
        _ => type.ToString(),
    };

    private static int SizeOf(torch.ScalarType type) => type switch
    {
        torch.ScalarType.Float64 => 8,
        torch.ScalarType.Float32 => 4,
        _ => 2,
    };
}
