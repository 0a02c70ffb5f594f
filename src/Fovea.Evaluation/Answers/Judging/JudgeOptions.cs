namespace Fovea.Evaluation.Answers.Judging;

/// <summary>Which judge is asked, and how patiently.</summary>
public sealed record JudgeOptions
{
    /// <summary>The endpoint up to <c>/chat/completions</c>, such as <c>https://api.openai.com/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>Name of the model, as the endpoint knows it.</summary>
    public required string Model { get; init; }

    /// <summary>The key that is sent as a bearer; null for none. Kept nowhere.</summary>
    public string? Key { get; init; }

    /// <summary>Temperature of the judge.</summary>
    public double Temperature { get; init; }

    /// <summary>Most tokens of a reply; null for the endpoint's own limit.</summary>
    public int? MaxTokens { get; init; }

    /// <summary>How often a prompt is sent before it is unjudged; at least 1.</summary>
    public int Tries { get; init; } = 5;

    /// <summary>Prompts under way at a time.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>How long a reply may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The wait before the second try; doubled before each further one, up to a minute, unless the endpoint says for how long.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(1);
}
