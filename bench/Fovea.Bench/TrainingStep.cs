using System.Diagnostics;
using Fovea.Core.Randomness;
using Fovea.Core.Samples;
using Fovea.Models.Batching;
using Fovea.Models.Configs;
using Fovea.Models.Families;
using Fovea.Models.Initialisation;
using TorchSharp;

namespace Fovea.Bench;

/// <summary>Forward and backward of a tiny preset: with a quarter of the positions as targets, and with all of them, in turn.</summary>
internal sealed class TrainingStep(string preset) : IDisposable
{
    public const int Batch = 32, TextTokens = 36, Rounds = 5;
    private const int StepsOfRound = 20, VocabSize = 480, ImageSide = 30;

    private readonly DecoderModel _model = ModelPresets.Create(preset,
        new PresetVocabulary(VocabSize, 1, 2, 0, 470, new VisionTokenIds(471, 472, 473, 474)), seed: 1);

    /// <summary>Best time of one step with few targets, and with all.</summary>
    public (TimeSpan TargetsOnly, TimeSpan AllPositions) Measure()
    {
        _model.Parameters.SetTrainable(_ => true);
        var few = Samples(everyNth: 4);
        var all = Samples(everyNth: 1);
        var best = (Few: TimeSpan.MaxValue, All: TimeSpan.MaxValue);
        for (var round = 0; round <= Rounds; round++)
        {
            var (a, b) = (Time(few), Time(all));
            if (round > 0) // the first one warms up
            {
                best = (a < best.Few ? a : best.Few, b < best.All ? b : best.All);
            }
        }

        return (best.Few, best.All);
    }

    public void Dispose() => _model.Dispose();

    private ExpandedSample[] Samples(int everyNth)
    {
        var random = new RandomSource(1, "bench");
        var image = new PixelValues(3, ImageSide, ImageSide, new float[3 * ImageSide * ImageSide]);
        return [.. Enumerable.Range(0, Batch).Select(_ =>
        {
            int[] prefix = [1, .. _model.SeesImages ? _model.ImageTokenIds(ImageSide, ImageSide) : []];
            int[] ids = [.. prefix, .. Enumerable.Range(0, TextTokens).Select(_ => 10 + random.Next(400))];
            return new ExpandedSample(ids, [.. Enumerable.Range(0, TextTokens / everyNth).Select(i => prefix.Length + (i * everyNth))],
                _model.SeesImages ? [image] : []);
        })];
    }

    private TimeSpan Time(ExpandedSample[] samples)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < StepsOfRound; i++)
        {
            using var scope = torch.NewDisposeScope();
            using var batch = Collator.Collate(_model, samples);
            torch.nn.functional.cross_entropy(_model.Logits(batch), batch.TargetIds).backward();
            foreach (var (_, parameter) in _model.Parameters.All)
            {
                parameter.grad = null;
            }
        }

        return clock.Elapsed / StepsOfRound;
    }
}
