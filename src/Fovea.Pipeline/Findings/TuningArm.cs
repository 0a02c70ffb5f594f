namespace Fovea.Pipeline.Findings;

/// <summary>How long a tuning arm trains.</summary>
public enum TuningBudget
{
    /// <summary>Once over what it kept, as the paper does.</summary>
    Epoch,

    /// <summary>As many optimiser steps as the vanilla arm.</summary>
    Steps,
}

/// <summary>One tuning arm of the demo.</summary>
/// <param name="Key">Its name in folders and JSON.</param>
/// <param name="Title">Its name in tables.</param>
/// <param name="DropsSamples">Whether an epoch over what it kept is shorter than one over all.</param>
public sealed record TuningArm(string Key, string Title, bool DropsSamples)
{
    /// <summary>The arm that trains on everything.</summary>
    public const string Vanilla = "vanilla";

    /// <summary>The arms, vanilla first.</summary>
    public static IReadOnlyList<TuningArm> All { get; } =
    [
        new(Vanilla, "vanilla", false),
        new("random", "random tokens", false),
        new("sample-only", "VIG samples", true),
        new("token-only", "VIG tokens", false),
        new("both", "VIG both", true),
    ];

    /// <summary>Name of its run under a budget; arms that keep all samples have one run for both.</summary>
    public string RunUnder(TuningBudget budget) => DropsSamples && budget == TuningBudget.Steps ? Key + "-equal-steps" : Key;
}
