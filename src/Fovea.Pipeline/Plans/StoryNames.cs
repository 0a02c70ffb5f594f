using Fovea.Pipeline.Stages;
using Fovea.Scoring.Proxies;
using Fovea.Training.Options;

namespace Fovea.Pipeline.Plans;

/// <summary>How long a tuning arm trains.</summary>
public enum TuningBudget
{
    /// <summary>Once over what it kept, as the paper does.</summary>
    Epoch,

    /// <summary>As many optimiser steps as the vanilla arm.</summary>
    Steps,
}

/// <summary>One tuning arm.</summary>
/// <param name="Key">Its name in folders and JSON.</param>
/// <param name="Title">Its name in tables.</param>
/// <param name="Method">How it selects; null for vanilla.</param>
/// <param name="DropsSamples">Whether an epoch over what it kept is shorter than one over all.</param>
public sealed record TuningArm(string Key, string Title, SelectionMethod? Method, bool DropsSamples)
{
    /// <summary>The arms, vanilla first.</summary>
    public static IReadOnlyList<TuningArm> All { get; } =
    [
        new("vanilla", "vanilla", null, false),
        new("random", "random tokens", SelectionMethod.RandomTokens, false),
        new("sample-only", "VIG samples", SelectionMethod.VigSamples, true),
        new("token-only", "VIG tokens", SelectionMethod.VigTokens, false),
        new("both", "VIG both", SelectionMethod.Vig, true),
    ];
}

/// <summary>Names of folders that plan and findings share.</summary>
public static class StoryNames
{
    /// <summary>The arm of plain next-token prediction.</summary>
    public const string Ntp = "ntp";

    /// <summary>The arm that PRIOR weighs.</summary>
    public const string Prior = "prior";

    /// <summary>Folder of a seed's stage, below the run's.</summary>
    public static string Stage(long seed, string stage) => $"seed-{seed}/{stage}";

    /// <summary>A family's letter.</summary>
    public static string Of(ModelFamily family) => family == ModelFamily.H ? "h" : "u";

    /// <summary>The Hugging Face folder inside a training run's folder.</summary>
    public static string ModelOf(string run) => Path.Combine(run, "model");

    /// <summary>Folder name of an arm under a budget; arms that keep all samples have one run for both.</summary>
    public static string TuneRun(TuningArm arm, TuningBudget budget) =>
        arm.DropsSamples && budget == TuningBudget.Steps ? arm.Key + "-equal-steps" : arm.Key;

    /// <summary>Optimiser steps of the vanilla arm.</summary>
    public static int VanillaSteps(TrainingOptions tune, int numSamples) =>
        tune.Steps ?? (int)Math.Ceiling((tune.Epochs ?? 1) * numSamples / tune.BatchSize);

    /// <summary>A proxy's condition name; <c>text_only_reference</c> is one already.</summary>
    public static string ConditionOf(string selectBy) =>
        selectBy == Core.Scores.Conditions.TextOnlyReference ? selectBy : VisionlessProxy.Parse(selectBy).Condition;

    /// <summary>The proxies that scoring for selection must run.</summary>
    public static IReadOnlyList<string> ProxiesToSelectBy(VigPlan vig) =>
        vig.SelectBy == Core.Scores.Conditions.TextOnlyReference ? ["none"] : [vig.SelectBy];
}
