namespace Fovea.Cli.Commands;

/// <summary>Command lines that each command's help shows.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string[]> ByCommand = new(StringComparer.Ordinal)
    {
        ["fovea"] =
        [
            "fovea demo --quick",
            "fovea score vig --model llava-1.5-7b-hf --data mix.json --images images --out runs/mix-scores",
            "fovea select --scores runs/mix-scores --method vig --p 70 --out runs/mix-weights",
        ],
        ["fovea demo"] = ["fovea demo --quick", "fovea demo --seed 5 --out runs/seed-5", "fovea demo --resume"],
        ["fovea run"] = ["fovea run --config configs/scenes-auc.jsonc", "fovea run --config configs/demo.jsonc --set seeds=[1,2,3] --workers 2", "fovea run --config configs/demo.jsonc --resume"],
        ["fovea data"] = ["fovea data audit --data mix.json --images images --model llava-1.5-7b-hf"],
        ["fovea data audit"] =
        [
            "fovea data audit --data mix.json --images images --model llava-1.5-7b-hf",
            "fovea data audit --data captions.json --format coco --images train2017 --tokenizer runs/tokenizer --samples 5",
        ],
        ["fovea doctor"] = ["fovea doctor", "fovea doctor --json"],
        ["fovea verify"] = ["fovea verify cases", "fovea verify cases/decoder --data inputs --json"],
        ["fovea bench"] = ["fovea bench score", "fovea bench train --rounds 3"],
        ["fovea bench score"] = ["fovea bench score", "fovea bench score --rounds 3 --threads 2 --json"],
        ["fovea bench train"] = ["fovea bench train", "fovea bench train --rounds 3 --threads 2 --json"],
        ["fovea scenes"] = ["fovea scenes --out runs/scenes --count 6000 --seed 1", "fovea scenes --out runs/held-out --count 200 --seed 1 --set split=held-out"],
        ["fovea scenes tokenizer"] = ["fovea scenes tokenizer --out runs/tokenizer"],
        ["fovea train"] =
        [
            "fovea train --config configs/pretrain.jsonc --weights runs/prior-weights --out runs/pretrained",
            "fovea train --config configs/lora.jsonc --model llava-1.5-7b-hf --data mix.json --images images --out runs/lora",
            "fovea train --config configs/tune.jsonc --set training.learning_rate=1e-5 --out runs/tuned --resume",
        ],
        ["fovea folds"] = ["fovea folds --data runs/scenes/captions.json --also-train runs/scenes/dialogues.json --count 2 --out runs/folds"],
        ["fovea score"] =
        [
            "fovea score prior --model runs/reference/model --data runs/scenes/captions.json --out runs/prior-scores",
            "fovea score vig --model llava-1.5-7b-hf --data mix.json --images images --out runs/mix-scores",
        ],
        ["fovea score prior"] =
        [
            "fovea score prior --model runs/reference/model --data runs/scenes/captions.json --out runs/prior-scores",
            "fovea score prior --model runs/fold-0/model --model runs/fold-1/model --folds runs/folds --data runs/scenes/captions.json --out runs/prior-scores",
        ],
        ["fovea score vig"] =
        [
            "fovea score vig --model llava-1.5-7b-hf --data mix.json --images images --out runs/mix-scores",
            "fovea score vig --model runs/pretrained/model --data runs/scenes/dialogues.json --proxy blur --sigma 7.5 --proxy none --out runs/vig-scores",
        ],
        ["fovea scores"] = ["fovea scores info runs/vig-scores", "fovea scores show runs/vig-scores --record 0"],
        ["fovea scores info"] = ["fovea scores info runs/vig-scores"],
        ["fovea scores show"] = ["fovea scores show runs/vig-scores --record 0"],
        ["fovea scores verify"] = ["fovea scores verify runs/vig-scores"],
        ["fovea scores query"] = ["fovea scores query runs/vig-scores \"SELECT token, avg(vig) AS vig FROM vig GROUP BY token ORDER BY vig DESC LIMIT 50\""],
        ["fovea select"] =
        [
            "fovea select --scores runs/vig-scores --method vig --p 70 --out runs/vig-weights",
            "fovea select --scores runs/prior-scores --method prior --alpha 0.5 --out runs/prior-weights",
            "fovea select --scores runs/prior-scores --scores runs/vig-scores --method prior*vig --out runs/both",
        ],
        ["fovea export"] = ["fovea export --data mix.json --images images --model llava-1.5-7b-hf --weights runs/mix-weights --image-tokens 576 --out mix.jsonl"],
        ["fovea eval"] = ["fovea eval scenes --model runs/tuned/model --scenes runs/held-out --out runs/eval"],
        ["fovea eval scenes"] = ["fovea eval scenes --model runs/tuned/model --scenes runs/held-out --out runs/eval"],
        ["fovea generate"] =
        [
            "fovea generate --model llava-1.5-7b-hf --image table.jpg --prompt \"What is on the table?\"",
            "fovea generate --model runs/tuned/model --image scene.png --num-beams 3 --max-new-tokens 64",
        ],
        ["fovea report"] = ["fovea report runs/demo", "fovea report runs/tuned --out tuned.html", "fovea report runs/eval --baseline runs/eval-before"],
        ["fovea model"] = ["fovea model inspect llava-1.5-7b-hf"],
        ["fovea model inspect"] = ["fovea model inspect llava-1.5-7b-hf", "fovea model inspect llava-1.5-7b --tower clip-vit-large-patch14-336 --json"],
        ["fovea completion"] = ["fovea completion bash > ~/.local/share/bash-completion/completions/fovea", "fovea completion fish > ~/.config/fish/completions/fovea.fish"],
    };

    /// <summary>The examples of a command, by its whole name.</summary>
    public static IReadOnlyList<string> Of(string command) => ByCommand.GetValueOrDefault(command) ?? [];
}
