using System.Globalization;
using Fovea.Bench;
using Fovea.Torch;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
if (args is ["select", var folder, ..])
{
    var scale = new SelectionScale(folder, args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : SelectionScale.Samples);
    scale.Generate();
    scale.MeasureClusters(Console.Out);
    scale.Measure(Console.Out);
    return;
}

if (args is ["photographs", var captions, var images, ..])
{
    TorchRuntime.Start(args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1);
    var steps = new PhotographSteps(captions, images);
    steps.Measure(Console.Out, hiddenSize: 64, layers: 2);
    steps.Measure(Console.Out, hiddenSize: 192, layers: 3);
    return;
}

if (args is ["passes", ..])
{
    TorchRuntime.Start(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1);
    foreach (var packed in new[] { false, true })
    {
        using var passes = new ScoringPasses();
        passes.Measure(Console.Out, rounds: 3, packed);
    }

    return;
}

if (args is ["load"])
{
    TorchRuntime.Start(1);
    CheckpointLoad.Run();
    return;
}

var threads = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1;
TorchRuntime.Start(threads);
Console.WriteLine($"threads {threads}, batch {TrainingStep.Batch}, {TrainingStep.TextTokens} text tokens, best of {TrainingStep.Rounds} rounds");
foreach (var preset in new[] { "tiny-llava", "tiny-solo", "tiny-text-2" })
{
    using var step = new TrainingStep(preset);
    var (targetsOnly, allPositions) = step.Measure();
    Console.WriteLine($"{preset}: {TrainingStep.Batch / targetsOnly.TotalSeconds:0} samples/s; the head at a quarter of the positions "
        + $"takes {targetsOnly / allPositions:0.00} of the time with all of them");
}
