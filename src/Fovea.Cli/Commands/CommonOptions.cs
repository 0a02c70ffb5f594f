using System.CommandLine;
using Fovea.Core.Configuration;
using Fovea.Data.Corpora;
using Fovea.Data.Templates;
using Fovea.Models.Guidance;
using Fovea.Torch;

namespace Fovea.Cli.Commands;

/// <summary>Options that several commands share, with one wording.</summary>
internal static class CommonOptions
{
    private const int MostThreads = 1024;

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document on standard output and nothing else there." };

    public static Option<string> Out(string what) => new("--out", "-o") { Description = what, Required = true, HelpName = "DIR" };

    public static Option<string?> Config() => new("--config") { Description = "A JSONC file; see configs/ and docs/configuration.md.", HelpName = "FILE" };

    public static Option<string[]> Set() => new("--set") { Description = "Override one key, e.g. --set training.learning_rate=2e-5 or --set data[0].file=train.json; repeatable.", HelpName = "KEY=VALUE", DefaultValueFactory = _ => [] };

    public static Option<bool> Resume() => new("--resume") { Description = "Continue where an interrupted run stopped." };

    public static Option<bool> FollowLinks() => new("--follow-links") { Description = "Allow symbolic links that lead out of the image folder." };

    public static Option<string[]> Rename() => new("--rename")
    {
        Description = "Scores and weights know as OLD the corpus file that is now called NEW. Repeatable.",
        HelpName = "OLD=NEW",
        DefaultValueFactory = _ => [],
    };

    public static Option<bool> AllowOverMemory() => new(MemoryLimits.Option) { Description = "Begin although what is planned exceeds the memory of the machine or of its control group." };

    public static Option<long?> Seed(string what) => Numbers.Optional<long>("--seed", what, "N");

    /// <summary><c>--threads</c>; null for as many as the machine has processors.</summary>
    public static Option<int> Threads(int? defaultValue = null) =>
        Numbers.Option("--threads", "Processor threads of one operation.", "N", defaultValue ?? Math.Min(Environment.ProcessorCount, MostThreads), new Bounds<int>(AtLeast: 1, AtMost: MostThreads));

    public static Option<string> Device() => new("--device")
    {
        Description = "Where the model computes: cpu, cuda (the first GPU) or cuda:N.",
        DefaultValueFactory = _ => ComputeDevice.Cpu,
        HelpName = "DEVICE",
    };

    /// <summary><c>--image-threads</c>; null for as many as <c>--threads</c> leaves over.</summary>
    public static Option<int?> ImageThreads() =>
        Numbers.Optional("--image-threads", "Threads that prepare the images to come (default: the processors that --threads leaves over, 1 to 4); 0: each is prepared when it is needed, which takes less memory. Changes no result.", "N", new Bounds<int>(AtLeast: 0, AtMost: MostThreads));

    public static Option<string?> Decode() => new("--decode")
    {
        Description = $"Decoding method that makes the model look more at the image: {string.Join(", ", DecodingMethods.BuiltIn.Names)}, settings behind an @, "
            + "e.g. vcd@alpha=0.5,beta=0.2 (docs/decoding.md).",
        HelpName = "METHOD",
    };

    public static Option<string> Data() => new("--data") { Description = "Corpus: LLaVA JSON or JSON Lines, or COCO captions.", Required = true, HelpName = "FILE" };

    public static Option<string?> Images() => new("--images") { Description = "Folder of the images (default: the corpus's own folder).", HelpName = "DIR" };

    public static Option<string> Format(string name = "--format") => Names.Option(name, $"Form of the corpus: auto recognises {string.Join(" and ", CorpusFormats.BuiltIn.Skip(1).Select(f => f.Help))} by their keys.", "FORM", [CorpusFormats.Auto, .. CorpusFormats.BuiltIn.Names]);

    public static Option<int?> MaxInvalid() => Numbers.Optional("--max-invalid", "Records that may be unusable; they are left out, listed and counted (default: none).", "N", new Bounds<int>(AtLeast: 0));

    public static Option<OnBadSample> OnBadSample() => Names.Option<OnBadSample>("--on-bad-sample", "At an unusable record: stop past --max-invalid, or skip any number of them.", "ACTION");

    /// <param name="byFamily">Whether <c>auto</c> goes by the model's family, as for a prompt, or is the same for all families, as in scoring and training.</param>
    public static Option<string> Template(bool byFamily = false) => new("--template")
    {
        Description = $"Chat template: auto (captions plain, all else {(byFamily ? "by the model's family" : "llava_v1, or the family's where the tokenizer has no </s>; the same in scoring and training")}), "
            + $"checkpoint (the model folder's own), or one of {string.Join(", ", ChatTemplate.Names)} (vicuna_v1 is llava_v1).",
        DefaultValueFactory = _ => TemplateChoice.Auto,
        HelpName = "NAME",
    };
}
