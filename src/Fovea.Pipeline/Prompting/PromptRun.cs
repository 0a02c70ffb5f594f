using System.Diagnostics;
using Fovea.Models.Checkpoints;
using Fovea.Models.Generation;
using Fovea.Torch;

namespace Fovea.Pipeline.Prompting;

/// <summary>One run of <c>fovea generate</c>.</summary>
public sealed record PromptRun
{
    /// <summary>The model's folder.</summary>
    public required string Model { get; init; }

    /// <summary>Image files.</summary>
    public required IReadOnlyList<string> Images { get; init; }

    /// <summary>The question.</summary>
    public required string Text { get; init; }

    /// <summary>A template's name, <c>auto</c>, <c>checkpoint</c> or <c>none</c>.</summary>
    public required string Template { get; init; }

    /// <summary>In which type the model is held.</summary>
    public DType Type { get; init; }

    /// <summary>Where it computes (<see cref="ComputeDevice"/>).</summary>
    public string Device { get; init; } = ComputeDevice.Cpu;

    /// <summary>What memory the model may take; null for no limit.</summary>
    public required MemoryLimit? Memory { get; init; }

    /// <summary>How to generate; end ids are found.</summary>
    public required GenerationOptions Options { get; init; }

    /// <summary>Generates, giving out text as it comes.</summary>
    /// <param name="show">Gets the text, piece by piece.</param>
    /// <param name="notice">Is told, in one line, what the user may not have meant.</param>
    /// <param name="stop">Ends it.</param>
    public PromptAnswer Run(Action<string> show, Action<string> notice, CancellationToken stop)
    {
        if (Images.Count == 0 && Options.Method is { IsPlain: false } needy)
        {
            throw new UsageException($"--decode {needy.Name}: the method is about what an image says, and none is given; give --image, or leave --decode out");
        }

        var images = Prompt.ReadImages(Images);
        using var model = ModelFolder.Load(Model, new LoadOptions { Mapped = true, Type = Type, Device = ComputeDevice.Open(Device), Memory = Memory });
        if (model.SeesImages && Images.Count == 0)
        {
            notice("no --image is given: the vision-language model answers from the text alone");
        }

        if (Options.Method is { IsPlain: false, ReadsAttention: true } method)
        {
            notice($"decoding by {method.Name} reads attention weights, which fused attention does not have: the layers that it reads run by plain operators");
        }

        var prompt = Prompt.Create(model, Model, Text, images, Template, Options.Method);
        var options = Options with { EndIds = prompt.EndIds };
        var clock = Stopwatch.StartNew();
        TimeSpan? first = null;
        var found = TextGenerator.Generate(model, [prompt.Expanded], options, () => prompt.Tokenizer.DecodeStream(skipSpecialTokens: true), piece =>
        {
            first ??= clock.Elapsed;
            show(piece.Text);
        }, stop)[0];
        return new PromptAnswer(found, prompt, first ?? clock.Elapsed, clock.Elapsed);
    }
}

/// <summary>What a run gave.</summary>
/// <param name="Sequence">The answer.</param>
/// <param name="Prompt">What it answers.</param>
/// <param name="FirstToken">From the start of the prompt to the first id (with beams: to the end).</param>
/// <param name="Whole">From the start of the prompt to the end.</param>
public sealed record PromptAnswer(GeneratedSequence Sequence, Prompt Prompt, TimeSpan FirstToken, TimeSpan Whole)
{
    /// <summary>New ids, the end id included.</summary>
    public int NumNew => Sequence.Ids.Length + (Sequence.EndId is null ? 0 : 1);

    /// <summary>Ids a second after the first one; null where there was only one, or beams gave all at once.</summary>
    public double? TokensPerSecond => NumNew > 1 && Whole > FirstToken && Sequence.Score is null ? (NumNew - 1) / (Whole - FirstToken).TotalSeconds : null;

    /// <summary>Why it ended, in words.</summary>
    public string Stop => Sequence.Reason switch
    {
        StopReason.EndId => "end_id",
        StopReason.StopString => "stop_string",
        _ => "length",
    };

    /// <summary>The JSON document of the command.</summary>
    public JsonObject ToJson(PromptRun run) => new()
    {
        ["text"] = Sequence.Text,
        ["ids"] = new JsonArray([.. Sequence.Ids.Select(i => (JsonNode)i)]),
        ["stop"] = Stop,
        ["end_id"] = Sequence.EndId,
        ["score"] = Sequence.Score,
        ["metrics"] = new JsonObject
        {
            ["prompt_tokens"] = Prompt.Expanded.InputIds.Length,
            ["new_tokens"] = NumNew,
            ["first_token_seconds"] = FirstToken.TotalSeconds,
            ["seconds"] = Whole.TotalSeconds,
            ["tokens_per_second"] = TokensPerSecond,
        },
        ["run"] = new JsonObject
        {
            ["model"] = run.Model,
            ["template"] = Prompt.Template,
            ["decode"] = run.Options.Method?.Description,
            ["device"] = run.Device,
            ["images"] = new JsonArray([.. run.Images.Select(i => (JsonNode)i)]),
            ["end_ids"] = new JsonArray([.. Prompt.EndIds.Select(i => (JsonNode)i)]),
        },
    };
}
