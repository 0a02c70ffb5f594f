using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Pipeline.Stages;

namespace Fovea.Cli.Commands;

/// <summary><c>fovea folds</c>: which reference of cross-fitting must not be trained on which samples.</summary>
internal static class FoldsCommand
{
    public static Command Create()
    {
        var data = new Option<string[]>("--data") { Description = "Corpus that is to be scored; repeat it for several files.", Required = true, HelpName = "FILE" };
        var also = new Option<string[]>("--also-train") { Description = "Corpus that references are trained on and that is not scored. Repeatable.", DefaultValueFactory = _ => [], HelpName = "FILE" };
        var images =
            new Option<string[]>("--images") { Description = "Folder of the images: one for all files, or one for each file, --data first (default: the file's own folder).", DefaultValueFactory = _ => [], HelpName = "DIR" };
        var format = CommonOptions.Format();
        var count = Numbers.Option("--count", "Number of folds, and so of references.", "K", 2, new Bounds<int>(AtLeast: 2));
        var seed = CommonOptions.Seed("Seed of the assignment (default: 1).");
        var command =
            new Command("folds", "Assigns samples to folds, so that PRIOR's references score only what they were not trained on.") { data, also, images, format, count, seed };
        return new StageOptions("Folder of the fold assignment.").AddTo(command, parsed =>
        {
            var (scored, trained, folders) = (parsed.GetValue(data)!, parsed.GetValue(also)!, parsed.GetValue(images)!);
            if (folders.Length > 1 && folders.Length != scored.Length + trained.Length)
            {
                throw new UsageException($"--images: expected one folder, or one for each of the {scored.Length + trained.Length} files, got {folders.Length}");
            }

            DataSource Source(string file, int at) =>
                new() { File = file, Images = folders.Length == 0 ? null : folders[folders.Length == 1 ? 0 : at], Format = parsed.GetValue(format)! };
            return new FoldsStage
            {
                Data = [.. scored.Select(Source)],
                AlsoTrain = [.. trained.Select((f, i) => Source(f, scored.Length + i))],
                Count = parsed.GetValue(count),
                Seed = parsed.GetValue(seed) ?? 1,
            };
        });
    }
}
