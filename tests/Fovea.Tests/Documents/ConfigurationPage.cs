using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Fovea.Core.Configuration;
using Fovea.Data.Scenes;
using Fovea.Pipeline.Stages;
using Fovea.Training.Options;

namespace Fovea.Tests.Documents;

/// <summary>Writes docs/configuration.md from the records that configurations are read into, and from their documentation.</summary>
internal sealed partial class ConfigurationPage
{
    /// <summary>What Hugging Face's TrainingArguments, PEFT's LoraConfig and datasets call the same thing.</summary>
    private static readonly Dictionary<(Type, string), string> HuggingFace = new()
    {
        [(typeof(TrainStage), "model")] = "`model_name_or_path`",
        [(typeof(TrainStage), "tokenizer")] = "`tokenizer_name`",
        [(typeof(TrainStage), "data")] = "`train_file`",
        [(typeof(TrainStage), "held_out")] = "`validation_file`",
        [(typeof(TrainingOptions), "steps")] = "`max_steps`",
        [(typeof(TrainingOptions), "epochs")] = "`num_train_epochs`",
        [(typeof(TrainingOptions), "batch_size")] = "`per_device_train_batch_size` x `gradient_accumulation_steps` (x devices)",
        [(typeof(TrainingOptions), "micro_batch_size")] = "`per_device_train_batch_size`",
        [(typeof(TrainingOptions), "learning_rate")] = "`learning_rate`",
        [(typeof(TrainingOptions), "schedule")] = "`lr_scheduler_type`",
        [(typeof(TrainingOptions), "min_lr_ratio")] = "`lr_scheduler_kwargs`: `min_lr_rate`",
        [(typeof(TrainingOptions), "warmup_ratio")] = "`warmup_ratio`",
        [(typeof(TrainingOptions), "warmup_steps")] = "`warmup_steps`",
        [(typeof(TrainingOptions), "decay_ratio")] = "`lr_scheduler_kwargs`: `num_decay_steps`",
        [(typeof(TrainingOptions), "decay_shape")] = "`lr_scheduler_kwargs`: `decay_type`",
        [(typeof(TrainingOptions), "weight_decay")] = "`weight_decay`",
        [(typeof(TrainingOptions), "beta1")] = "`adam_beta1`",
        [(typeof(TrainingOptions), "beta2")] = "`adam_beta2`",
        [(typeof(TrainingOptions), "eps")] = "`adam_epsilon`",
        [(typeof(TrainingOptions), "clip_norm")] = "`max_grad_norm`",
        [(typeof(TrainingOptions), "precision")] = "`bf16`",
        [(typeof(TrainingOptions), "gradient_checkpointing")] = "`gradient_checkpointing`",
        [(typeof(TrainingOptions), "packing")] = "`packing` (TRL)",
        [(typeof(TrainingOptions), "max_length")] = "`max_length` (TRL), `model_max_length`",
        [(typeof(TrainingOptions), "seed")] = "`seed`, `data_seed`",
        [(typeof(TrainingOptions), "checkpoint_every")] = "`save_steps`",
        [(typeof(TrainingOptions), "keep_checkpoints")] = "`save_total_limit`",
        [(typeof(TrainingOptions), "eval_every")] = "`eval_steps`",
        [(typeof(TrainingOptions), "keep_best")] = "`load_best_model_at_end`",
        [(typeof(TrainingOptions), "log_every")] = "`logging_steps`",
        [(typeof(TrainingOptions), "bucket_window")] = "`group_by_length`",
        [(typeof(LoraChoice), "rank")] = "`r`",
        [(typeof(LoraChoice), "alpha")] = "`lora_alpha`",
        [(typeof(LoraChoice), "targets")] = "`target_modules` (list)",
        [(typeof(LoraChoice), "target_pattern")] = "`target_modules` (string)",
        [(typeof(LoraChoice), "rank_stabilized")] = "`use_rslora`",
    };

    private readonly Dictionary<string, XElement> _documentation = [];
    private readonly StringBuilder _text = new();

    private ConfigurationPage()
    {
        foreach (var assembly in new[] { typeof(TrainStage), typeof(TrainingOptions), typeof(SceneSpec), typeof(Fovea.Scoring.ScoringOptions), typeof(Fovea.Models.Initialisation.PresetSizes), typeof(ConfigBinder) }.Select(t => t.Assembly).Distinct())
        {
            foreach (var member in XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
            {
                _documentation[(string)member.Attribute("name")!] = member;
            }
        }
    }

    /// <summary>Keys that the table of Hugging Face's names has and no configuration knows.</summary>
    public static IEnumerable<string> Strays() =>
        HuggingFace.Keys.Where(k => !Keys(k.Item1).Any(p => ConfigBinder.KeyOf(p) == k.Item2)).Select(k => $"{k.Item1.Name}.{k.Item2}");

    /// <summary>The page.</summary>
    public static string Write()
    {
        var page = new ConfigurationPage();
        page._text.Append("""
            # Configuration

            Every key that a configuration may hold: JSON with comments and trailing commas, read strictly (an unknown key is an error that names the nearest one). `--set KEY=VALUE` overrides one key,
            with dots and indices for what is inside: `--set training.learning_rate=2e-5`, `--set data[0].file=train.json` (an index one past the end adds an element). In [plans](plans.md) it sets parameters.
            Strings may hold `${NAME}` and `${NAME:-default}` from the environment; paths are relative to the working directory. Bold keys are required. The last column has the name of the same setting
            in Hugging Face's TrainingArguments, PEFT's LoraConfig or TRL.

            This page is generated from the code: after a change of keys, run the tests of `ConfigurationPage` with `FOVEA_UPDATE=1`.

            """.ReplaceLineEndings("\n"));
        page.File("A training run", "`fovea train --config FILE`; `configs/reference.jsonc`, `align.jsonc`, `pretrain.jsonc`, `tune.jsonc` and `lora.jsonc` "
            + "are examples. With `--model` and `--data` the file may be absent.", typeof(TrainStage));
        page.File("The built-in world", "`fovea scenes --config FILE`, or with `--set` alone.", typeof(SceneSpec));
        page._text.Append("\n## Stages of a plan\n\nWhat a stage of each kind may hold beside `kind` and `for` ([plans.md](plans.md)). A stage of the kind "
            + "`train` has the keys of a training run above.\n");
        foreach (var kind in StageCatalog.Names.Where(k => k != "train"))
        {
            page.File($"Stage `{kind}`", page.Documentation(StageCatalog.TypeOf(kind)), StageCatalog.TypeOf(kind));
        }

        return page._text.ToString();
    }

    private readonly Dictionary<Type, string> _done = [];

    private void File(string title, string introduction, Type root)
    {
        _text.Append(CultureInfo.InvariantCulture, $"\n## {title}\n\n{introduction}\n");
        var later = new Queue<(string Path, Type Type)>([("", root)]);
        while (later.TryDequeue(out var next))
        {
            if (!_done.TryAdd(next.Type, next.Path))
            {
                continue;
            }

            if (next.Path.Length > 0)
            {
                _text.Append(CultureInfo.InvariantCulture, $"\n### `{next.Path}`\n\n{Documentation(next.Type)}\n");
            }

            Table(next.Type);
            foreach (var property in Keys(next.Type))
            {
                if (Inner(property.PropertyType) is { } inner)
                {
                    var list = property.PropertyType.IsGenericType && inner != property.PropertyType;
                    later.Enqueue(($"{(next.Path.Length > 0 ? next.Path + "." : "")}{ConfigBinder.KeyOf(property)}{(list ? "[]" : "")}", inner));
                }
            }
        }
    }

    private void Table(Type type)
    {
        var keys = Keys(type).ToArray();
        var named = keys.Any(k => HuggingFace.ContainsKey((type, ConfigBinder.KeyOf(k))));
        _text.Append(named ? "\n| key | type | default | meaning | Hugging Face |\n|---|---|---|---|---|\n"
            : "\n| key | type | default | meaning |\n|---|---|---|---|\n");
        var plain = Activator.CreateInstance(type)!;
        foreach (var property in keys)
        {
            var key = ConfigBinder.KeyOf(property);
            var required = property.GetCustomAttribute<RequiredMemberAttribute>() is not null;
            var cells = new List<string> { required ? $"**`{key}`**" : $"`{key}`", TypeOf(property) + Elsewhere(property), required ? "" : Default(property.GetValue(plain)), Documentation(property) };
            if (named)
            {
                cells.Add(HuggingFace.GetValueOrDefault((type, key), ""));
            }

            _text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", cells.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)))} |\n");
        }
    }

    // Records that several configurations share are described once.
    private string Elsewhere(PropertyInfo property) =>
        Inner(property.PropertyType) is { } inner && _done.TryGetValue(inner, out var path) ? $" with the keys of `{path}` above" : "";

    private static IEnumerable<PropertyInfo> Keys(Type type) => ConfigBinder.Keys(type);

    private static Type? Inner(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type.IsGenericType ? Inner(type.GetGenericArguments()[^1]) : type.IsClass && type != typeof(string) ? type : null;
    }

    private static string TypeOf(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType);
        var nullable = type is not null || new NullabilityInfoContext().Create(property).WriteState == NullabilityState.Nullable;
        return Words(type ?? property.PropertyType) + (nullable ? " or null" : "");
    }

    private static string Words(Type type) =>
        type == typeof(string) ? "string"
        : type == typeof(bool) ? "true or false"
        : type.IsEnum ? string.Join(", ", Enum.GetNames(type).Select(n => $"`{Snake(n)}`"))
        : type == typeof(double) || type == typeof(decimal) ? "number"
        : type.IsPrimitive ? "whole number"
        : type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) ? $"object of name: {Words(type.GetGenericArguments()[1])}"
        : type.IsGenericType ? $"list of {Words(type.GetGenericArguments()[0])}s"
        : "object";

    private static string Default(object? value) => value switch
    {
        null => "null",
        bool b => b ? "`true`" : "`false`",
        Enum e => $"`{Snake(e.ToString())}`",
        string s => $"`\"{s}\"`",
        IDictionary { Count: 0 } => "`{}`",
        IEnumerable list => $"`[{string.Join(", ", list.Cast<object>().Select(o => Default(o).Trim('`')))}]`",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => "as below",
    };

    private string Documentation(PropertyInfo property) => Text($"P:{property.DeclaringType!.FullName!.Replace('+', '.')}.{property.Name}");

    private string Documentation(Type type) => Text($"T:{type.FullName!.Replace('+', '.')}");

    private string Text(string member)
    {
        if (!_documentation.TryGetValue(member, out var found) || found.Element("summary") is not { } summary)
        {
            throw new InvalidOperationException($"{member} has no documentation");
        }

        var text = string.Concat(summary.Nodes().Select(n => n switch
        {
            XElement { Name.LocalName: "see" } see when (string?)see.Attribute("cref") is { } cref => Reference(cref),
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement element => element.Value,
            XText plain => plain.Value,
            _ => "",
        }));
        return Blanks().Replace(text, " ").Trim();
    }

    // A property of a configuration is known by its key; anything else by its name.
    private static string Reference(string cref)
    {
        var parts = cref[2..].Split('.');
        return cref.StartsWith("P:", StringComparison.Ordinal) ? $"`{Snake(parts[^1])}`" : $"`{parts[^1]}`";
    }

    private static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
