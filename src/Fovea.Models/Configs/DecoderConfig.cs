namespace Fovea.Models.Configs;

/// <summary>Shape and arithmetic of a decoder of the llama, mistral or qwen2 family.</summary>
public sealed partial record DecoderConfig
{
    /// <summary><c>llama</c>, <c>mistral</c> or <c>qwen2</c>.</summary>
    public string ModelType { get; init; } = "llama";

    /// <summary>Number of ids.</summary>
    public required int VocabSize { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width inside the MLP.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int NumLayers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int NumHeads { get; init; }

    /// <summary>Number of key and value heads; divides <see cref="NumHeads"/>.</summary>
    public required int NumKeyValueHeads { get; init; }

    /// <summary>Width of one head; even.</summary>
    public required int HeadDim { get; init; }

    /// <summary>Length the model was made for, in tokens: where samples are cut unless told otherwise. Rotary positions continue beyond it.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Added to the mean square in each norm.</summary>
    public double RmsNormEps { get; init; } = 1e-5;

    /// <summary>Position embedding.</summary>
    public RopeConfig Rope { get; init; } = new();

    /// <summary>Whether the head is the embedding.</summary>
    public bool TieWordEmbeddings { get; init; }

    /// <summary>Biases on query, key and value.</summary>
    public bool QueryKeyValueBias { get; init; }

    /// <summary>Bias on attention's output.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Biases in the MLP.</summary>
    public bool MlpBias { get; init; }

    /// <summary>A token sees itself and this many less one before it; null for all.</summary>
    public int? SlidingWindow { get; init; }

    /// <summary>Layers before this one see everything although <see cref="SlidingWindow"/> is set.</summary>
    public int FirstWindowedLayer { get; init; }

    /// <summary>Standard deviation of new weights.</summary>
    public double InitializerRange { get; init; } = 0.02;

    /// <summary>Id that begins a text, if known.</summary>
    public int? BosId { get; init; }

    /// <summary>Id that ends a text, if known.</summary>
    public int? EosId { get; init; }

    /// <summary>Id of padding, if known.</summary>
    public int? PadId { get; init; }

    /// <summary>The window of a layer, null where it sees everything.</summary>
    internal int? WindowOf(int layer) => layer >= FirstWindowedLayer ? SlidingWindow : null;
}
